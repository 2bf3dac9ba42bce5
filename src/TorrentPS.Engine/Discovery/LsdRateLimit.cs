using System.Net;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// Limits the announces accepted from the local network: the packets per source address, and the number of source
/// addresses. Not thread-safe.
/// </summary>
internal sealed class LsdRateLimit
{
    /// <summary>
    /// Maximum number of packets accepted from one source address per minute. A session of this program sends at most
    /// 610 packets per minute (<see cref="LsdSchedule.MaxGroup"/>), and several sessions may run on one computer. 2,000
    /// packets have at most 2.8 MB.
    /// </summary>
    public const int MaxPerSource = 2000;

    /// <summary>
    /// Maximum number of source addresses accepted per minute. A /24 subnet has 256 addresses, and further addresses
    /// are probably forged.
    /// </summary>
    public const int MaxSources = 256;

    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    private readonly Dictionary<IPAddress, int> _counts = [];
    private TimeSpan _windowStart;

    /// <summary>
    /// Counts a packet. Returns false if the packet exceeds a limit and must be dropped. <paramref name="now"/> is the
    /// time since any fixed moment.
    /// </summary>
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
