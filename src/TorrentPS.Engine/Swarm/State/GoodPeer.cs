using System.Net;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>A peer that worked.</summary>
/// <param name="EndPoint">Where it listens.</param>
/// <param name="Rate">The content it gave and took, in bytes/s over its connection.</param>
internal readonly record struct GoodPeer(IPEndPoint EndPoint, long Rate);
