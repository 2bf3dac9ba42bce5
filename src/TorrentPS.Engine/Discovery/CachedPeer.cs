using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace TorrentPS.Engine.Discovery;

/// <summary>A peer that transferred content, or that accepted a connection.</summary>
/// <param name="EndPoint">The address and port that the peer listens on.</param>
/// <param name="LastSeen">When the peer last transferred content or accepted a connection.</param>
/// <param name="Rate">The transfer rate at that time, both directions together, in bytes/s.</param>
internal readonly record struct CachedPeer(IPEndPoint EndPoint, DateTimeOffset LastSeen, long Rate);

/// <summary>A tracker's last announce response.</summary>
/// <param name="Tracker">The tracker's key (<see cref="KeyOf"/>).</param>
/// <param name="Port">
/// The port announced to the tracker. The cached response isn't used if the port has changed, because the tracker
/// must then learn the new port.
/// </param>
/// <param name="Answered">When the tracker responded.</param>
/// <param name="NotBefore">The earliest time for the next announce.</param>
/// <param name="Peers">The peers in the response.</param>
internal sealed record CachedAnswer(
    string Tracker, ushort Port, DateTimeOffset Answered, DateTimeOffset NotBefore, IReadOnlyList<IPEndPoint> Peers)
{
    /// <summary>Returns the key of a tracker: a digest of its URL, because the URL may contain a secret.</summary>
    public static string KeyOf(Uri tracker) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(tracker.AbsoluteUri)).AsSpan(0, 16));
}
