namespace TorrentPS.Engine.Runtime;

/// <summary>
/// One node of the tree of rate limits (session → torrent → peer) for one direction. Who passes bytes charges every node from leaf to
/// root and waits as long as the slowest asks. Charges queue up in time, so that who came first goes first and the rate is exact.
/// </summary>
/// <remarks>Thread-safe; the limit can change while bytes flow, and what is owed is then paid at the new rate.</remarks>
internal sealed class RateLimit
{
    /// <summary>How many seconds' worth may pass at once after a pause.</summary>
    private const double BurstSeconds = 0.25;

    /// <summary>The largest read or write that is charged at once under a limit: keeps turns short among peers.</summary>
    public const int Quantum = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly RateLimit? _parent;
    private readonly TimeProvider _time;
    private long? _limit;
    private double _owed;
    private long _updated;

    /// <param name="parent">The node that is charged too, or null at the root.</param>
    /// <param name="limit">Bytes/s; null is unlimited.</param>
    /// <param name="time">The clock.</param>
    public RateLimit(RateLimit? parent, long? limit, TimeProvider time)
    {
        _parent = parent;
        _limit = limit;
        _time = time;
        _updated = time.GetTimestamp();
    }

    /// <summary>Bytes/s; null is unlimited.</summary>
    public long? Limit
    {
        get
        {
            lock (_gate)
                return _limit;
        }

        set
        {
            lock (_gate)
            {
                Settle();
                _limit = value;
                if (value is null)
                    _owed = 0;
            }
        }
    }

    /// <summary>Whether this node or one above it limits.</summary>
    public bool IsLimited => Limit is not null || _parent is { IsLimited: true };

    /// <summary>Charges bytes to this node and those above it.</summary>
    /// <returns>How long to wait before (or after) passing them; zero mostly.</returns>
    public TimeSpan Charge(int bytes)
    {
        TimeSpan wait = TimeSpan.Zero;
        for (RateLimit? node = this; node is not null; node = node._parent)
        {
            TimeSpan own = node.ChargeOne(bytes);
            if (own > wait)
                wait = own;
        }

        return wait;
    }

    private TimeSpan ChargeOne(int bytes)
    {
        lock (_gate)
        {
            if (_limit is not { } limit)
                return TimeSpan.Zero;
            Settle();
            _owed += bytes;
            double excess = _owed - (limit * BurstSeconds);
            return excess <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(excess / limit);
        }
    }

    private void Settle()
    {
        long now = _time.GetTimestamp();
        if (_limit is { } limit)
            _owed = Math.Max(0, _owed - (_time.GetElapsedTime(_updated, now).TotalSeconds * limit));
        _updated = now;
    }
}
