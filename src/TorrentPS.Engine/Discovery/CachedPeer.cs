using System.Net;

namespace TorrentPS.Engine.Discovery;

/// <summary>A peer that worked: it took or gave content, or answered when it was called.</summary>
/// <param name="EndPoint">Where it listens.</param>
/// <param name="LastGood">When it last did.</param>
/// <param name="Rate">What it moved then, both ways together, in bytes/s.</param>
internal readonly record struct CachedPeer(IPEndPoint EndPoint, DateTimeOffset LastGood, long Rate);

/// <summary>What a tracker last answered.</summary>
/// <param name="Tracker">Stands for the tracker (<see cref="KeyOf"/>).</param>
/// <param name="Port">The port it was told: whoever listens on another is another peer to it.</param>
/// <param name="Answered">When it answered.</param>
/// <param name="NotBefore">When it may be asked again at the earliest.</param>
/// <param name="Peers">The peers it named.</param>
internal sealed record CachedAnswer(
    string Tracker, ushort Port, DateTimeOffset Answered, DateTimeOffset NotBefore, IReadOnlyList<IPEndPoint> Peers)
{
    /// <summary>What stands for a tracker: a digest, as its address may hold a secret that is nothing for a cache.</summary>
    public static string KeyOf(Uri tracker) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(tracker.AbsoluteUri)).AsSpan(0, 16));
}
