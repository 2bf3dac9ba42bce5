using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// A peer in the peer cache. It transferred content with this client, or accepted a connection of this client.
/// </summary>
/// <param name="EndPoint">The address and port on which the peer listens.</param>
/// <param name="LastSeen">When the peer last transferred content or accepted a connection.</param>
/// <param name="Rate">The peer's transfer rate at that time, in both directions together, in bytes/s.</param>
internal readonly record struct CachedPeer(IPEndPoint EndPoint, DateTimeOffset LastSeen, long Rate);

/// <summary>A tracker's response to an announce, in the peer cache.</summary>
/// <param name="Tracker">The tracker's key (<see cref="KeyOf"/>).</param>
/// <param name="Port">
/// The port that was announced. If this client's port has changed, the cached response is not used, because the tracker
/// must learn the new port.
/// </param>
/// <param name="Answered">When the tracker responded.</param>
/// <param name="NotBefore">The earliest time at which the tracker allows the next announce.</param>
/// <param name="Peers">The peers in the response.</param>
internal sealed record CachedAnswer(
    string Tracker, ushort Port, DateTimeOffset Answered, DateTimeOffset NotBefore, IReadOnlyList<IPEndPoint> Peers)
{
    /// <summary>
    /// Returns the key of a tracker in the peer cache: a digest of its URL. The URL itself is not stored, because it
    /// may contain a secret.
    /// </summary>
    public static string KeyOf(Uri tracker) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(tracker.AbsoluteUri)).AsSpan(0, 16));
}
