using System.Net;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// A peer in the peer cache. The peer sent or received content, or accepted a connection of this client.
/// </summary>
/// <param name="EndPoint">The address and port on which the peer listens.</param>
/// <param name="LastSeen">Time when the peer last sent or received content, or accepted a connection.</param>
/// <param name="Rate">The peer's transfer rate at that time, in both directions together, in bytes/s.</param>
internal readonly record struct CachedPeer(IPEndPoint EndPoint, DateTimeOffset LastSeen, long Rate);
