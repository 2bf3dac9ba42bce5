using System.Net;

namespace TorrentPS.Engine.Network;

/// <summary>
/// The kinds of traffic that an IP filter stops. <see cref="IPFilterCounts"/> describes them, and has a count for each.
/// </summary>
internal enum FilteredTraffic
{
    Incoming,
    Outgoing,
    Servers,
    Dht,
}

/// <summary>Applies the IP filter of a session's current settings, and counts what it stops. Thread-safe.</summary>
internal sealed class AddressFilter
{
    private readonly long[] _counts = new long[Enum.GetValues<FilteredTraffic>().Length];
    private volatile IPFilter _current = IPFilter.None;

    /// <summary>The filter in the current settings.</summary>
    public IPFilter Current
    {
        get => _current;
        set => _current = value;
    }

    public IPFilterCounts Counts => new(
        CountOf(FilteredTraffic.Incoming),
        CountOf(FilteredTraffic.Outgoing),
        CountOf(FilteredTraffic.Servers),
        CountOf(FilteredTraffic.Dht));

    /// <summary>Returns whether an address is in the filter. If it is, counts the traffic as stopped.</summary>
    public bool Stops(IPAddress address, FilteredTraffic traffic)
    {
        if (!_current.Contains(address))
            return false;
        Interlocked.Increment(ref _counts[(int)traffic]);
        return true;
    }

    private long CountOf(FilteredTraffic traffic) => Volatile.Read(ref _counts[(int)traffic]);
}
