using System.Net;

namespace TorrentPS.Engine.Discovery;

/// <summary>How much of what comes from the local network is heeded: so many packets of one source per minute, of so many sources. Not thread-safe.</summary>
internal sealed class LsdRateLimit
{
    /// <summary>Packets heeded of one address per minute: a machine that has just started a few hundred torrents says so in ten or twenty.</summary>
    public const int MaxPerSource = 30;

    /// <summary>Addresses heeded per minute: a whole subnet of 256. Beyond it somebody makes them up.</summary>
    public const int MaxSources = 256;

    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    private readonly Dictionary<IPAddress, int> _counts = [];
    private TimeSpan _windowStart;

    /// <summary>A packet came.</summary>
    /// <param name="source">From where.</param>
    /// <param name="now">The time since any fixed moment.</param>
    /// <returns>Whether to heed it.</returns>
    public bool Heeds(IPAddress source, TimeSpan now)
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
