using System.Net;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// A peer in the peer cache. It transferred content with this client, or accepted a connection of this client.
/// </summary>
/// <param name="EndPoint">The address and port on which the peer listens.</param>
/// <param name="LastSeen">When the peer last transferred content or accepted a connection.</param>
/// <param name="Rate">The peer's transfer rate at that time, in both directions together, in bytes/s.</param>
internal readonly record struct CachedPeer(IPEndPoint EndPoint, DateTimeOffset LastSeen, long Rate);
