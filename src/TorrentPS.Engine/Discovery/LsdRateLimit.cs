using System.Net;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// Limits the announces accepted from the local network: the packets per source address, and the number of source
/// addresses. Not thread-safe.
/// </summary>
internal sealed class LsdRateLimit
{
    /// <summary>
    /// Maximum number of packets accepted from one source address in a minute. A client that has just started hundreds
    /// of torrents sends ten or twenty packets.
    /// </summary>
    public const int MaxPerSource = 30;

    /// <summary>
    /// Maximum number of source addresses in a minute. Equals the number of addresses of a /24 subnet; more source
    /// addresses are probably forged.
    /// </summary>
    public const int MaxSources = 256;

    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    private readonly Dictionary<IPAddress, int> _counts = [];
    private TimeSpan _windowStart;

    /// <summary>Counts a packet.</summary>
    /// <param name="source">The packet's source address.</param>
    /// <param name="now">The time since any fixed moment.</param>
    /// <returns>False if the packet exceeds a limit and must be dropped.</returns>
    public bool Accepts(IPAddress source, TimeSpan now)
    {
        if (now - _windowStart >= s_window)
        {
            _counts.Clear();
            _windowStart = now;
        }

        if (!_counts.TryGetValue(source, out int count) && _counts.Count >= MaxSources)
            return false;
        _counts[source] = count + 1;
        return count < MaxPerSource;
    }
}
