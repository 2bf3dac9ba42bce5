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

    /// <summary>Who waits looks again after so long, in case the limit has changed.</summary>
    private static readonly TimeSpan s_longestSleep = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly RateLimit? _parent;
    private readonly TimeProvider _time;
    private long? _limit;
    private double _owed;
    private long _charged;
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

    /// <summary>Charges bytes to this node and then to those above it, and waits until each lets them pass; mostly not at all.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled; what was charged stays charged.</exception>
    public ValueTask PassAsync(int bytes, CancellationToken cancellation)
    {
        TimeSpan wait = Charge(bytes, out long place);
        if (wait > TimeSpan.Zero)
            return WaitAsync(wait, place, bytes, cancellation);
        return _parent?.PassAsync(bytes, cancellation) ?? ValueTask.CompletedTask;
    }

    private async ValueTask WaitAsync(TimeSpan wait, long place, int bytes, CancellationToken cancellation)
    {
        while (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait < s_longestSleep ? wait : s_longestSleep, _time, cancellation);
            wait = WaitOf(place);
        }

        if (_parent is not null)
            await _parent.PassAsync(bytes, cancellation);
    }

    private TimeSpan Charge(int bytes, out long place)
    {
        lock (_gate)
        {
            place = 0;
            if (_limit is null)
                return TimeSpan.Zero;
            Settle();
            _owed += bytes;
            _charged += bytes;
            place = _charged;
            return WaitUnlocked(place);
        }
    }

    private TimeSpan WaitOf(long place)
    {
        lock (_gate)
        {
            Settle();
            return WaitUnlocked(place);
        }
    }

    /// <summary>How long until all that was charged up to a place in the queue is paid but for a burst.</summary>
    private TimeSpan WaitUnlocked(long place)
    {
        if (_limit is not { } limit)
            return TimeSpan.Zero;
        double excess = _owed - (_charged - place) - (limit * BurstSeconds);

        // Whole milliseconds, upwards: timers know nothing finer, and would wake for nothing.
        return excess <= 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(excess / limit * 1000));
    }

    private void Settle()
    {
        long now = _time.GetTimestamp();
        if (_limit is { } limit)
            _owed = Math.Max(0, _owed - (_time.GetElapsedTime(_updated, now).TotalSeconds * limit));
        _updated = now;
    }
}
