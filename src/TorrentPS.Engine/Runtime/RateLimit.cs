namespace TorrentPS.Engine.Runtime;

/// <summary>
/// One node of the tree of rate limits (session → torrent → peer) for one direction. Who passes bytes asks every node from leaf to root
/// and waits until each has let them go.
/// </summary>
/// <remarks>
/// <para>A node fills with its limit's worth of bytes up to a quarter second's, and lets a charge go when it holds all of it. A charge
/// that is larger than a quarter second's worth goes when so much has come together: never is the limit exceeded by more than one
/// burst, but what is read or written at once passes at once.</para>
/// <para>Siblings share alike, however many wait under each: every charge is stamped with how much its branch will have had then, and
/// the lowest stamp goes first (self-clocked fair queueing, Golestani 1994).</para>
/// <para>Thread-safe; a new limit holds at once, for those who wait already too.</para>
/// </remarks>
internal sealed class RateLimit
{
    /// <summary>How many seconds' worth may pass at once after a pause.</summary>
    private const double BurstSeconds = 0.25;

    /// <summary>The largest read or write that is charged at once under a limit: keeps turns short among peers.</summary>
    public const int Quantum = 16 * 1024;

    /// <summary>The longest a timer is set for: beyond any wait that makes sense, within what timers take.</summary>
    private static readonly TimeSpan s_longestSleep = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly RateLimit? _parent;
    private readonly TimeProvider _time;
    private readonly PriorityQueue<Waiter, (long Stamp, long Order)> _waiting = new();
    private long? _limit;
    private double _room;
    private long _updated;
    private long _clock;
    private long _order;
    private ITimer? _timer;

    /// <summary>The last stamp of what came straight to this node; under its own gate.</summary>
    private long _ownStamp;

    /// <summary>The last stamp of what came through this node to its parent; under the parent's gate.</summary>
    private long _stampAtParent;

    /// <param name="parent">The node that is charged too, or null at the root.</param>
    /// <param name="limit">Bytes/s; null is unlimited.</param>
    /// <param name="time">The clock.</param>
    public RateLimit(RateLimit? parent, long? limit, TimeProvider time)
    {
        _parent = parent;
        _time = time;
        _updated = time.GetTimestamp();
        _limit = limit;
        _room = Burst;
    }

    /// <summary>Bytes/s; null is unlimited. A change reaches those who wait at once.</summary>
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
                Fill();
                _limit = value;
                _room = Math.Min(_room, Burst);

                // Not here: whoever sets a limit is not to run the pumps that wait for it.
                if (_waiting.Count > 0)
                    SetTimer(TimeSpan.Zero);
            }
        }
    }

    /// <summary>Whether this node or one above it limits.</summary>
    public bool IsLimited => Limit is not null || _parent is { IsLimited: true };

    private double Burst => (_limit ?? 0) * BurstSeconds;

    /// <summary>Charges bytes to this node and then to those above it, and waits until each lets them pass; mostly not at all.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled; nodes that had let the bytes go stay charged.</exception>
    public ValueTask PassAsync(int bytes, CancellationToken cancellation) => PassAsync(null, bytes, cancellation);

    private ValueTask PassAsync(RateLimit? branch, int bytes, CancellationToken cancellation)
    {
        if (Enter(branch, bytes) is { } waiter)
            return WaitAsync(waiter, bytes, cancellation);
        return _parent?.PassAsync(this, bytes, cancellation) ?? ValueTask.CompletedTask;
    }

    private async ValueTask WaitAsync(Waiter waiter, int bytes, CancellationToken cancellation)
    {
        using (cancellation.UnsafeRegister(static (state, token) => ((Waiter)state!).GiveUp(token), waiter))
            await waiter.Task;
        if (_parent is not null)
            await _parent.PassAsync(this, bytes, cancellation);
    }

    /// <summary>Lets a charge go at once, or puts it in line.</summary>
    private Waiter? Enter(RateLimit? branch, int bytes)
    {
        lock (_gate)
        {
            if (_limit is null && _waiting.Count == 0)
                return null;
            Fill();
            ref long last = ref branch is null ? ref _ownStamp : ref branch._stampAtParent;
            last = Math.Max(last, _clock) + bytes;
            if (_waiting.Count == 0 && bytes <= _room)
            {
                _room -= bytes;
                _clock = last;
                return null;
            }

            var waiter = new Waiter(this, bytes);
            _waiting.Enqueue(waiter, (last, _order++));
            SetTimer(WaitOfFirst());
            return waiter;
        }
    }

    /// <summary>Lets go whoever may, and looks again when the next may.</summary>
    private void Wake()
    {
        List<Waiter> gone = [];
        lock (_gate)
        {
            Fill();
            while (_waiting.TryPeek(out Waiter? first, out (long Stamp, long Order) place))
            {
                if (!first.Task.IsCompleted && WaitOfFirst() > TimeSpan.Zero)
                {
                    SetTimer(WaitOfFirst());
                    break;
                }

                _waiting.Dequeue();
                if (first.Task.IsCompleted)
                    continue;
                _clock = Math.Max(_clock, place.Stamp);
                _room = _limit is null ? 0 : _room - first.Bytes;
                gone.Add(first);
            }
        }

        // Outside the lock: what waited goes on within the call.
        foreach (Waiter waiter in gone)
            waiter.TrySetResult();
    }

    /// <summary>Whole milliseconds, upwards: timers know nothing finer, and would wake for nothing.</summary>
    private TimeSpan WaitOfFirst()
    {
        double lacking = _waiting.Peek().Bytes - _room;
        if (_limit is not { } limit || lacking <= 0)
            return TimeSpan.Zero;
        return TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(lacking / limit * 1000), s_longestSleep.TotalMilliseconds));
    }

    private void SetTimer(TimeSpan wait)
    {
        _timer ??= _time.CreateTimer(static state => ((RateLimit)state!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void Fill()
    {
        long now = _time.GetTimestamp();
        if (_limit is { } limit)
        {
            double most = _waiting.TryPeek(out Waiter? first, out _) ? Math.Max(Burst, first.Bytes) : Burst;
            _room = Math.Max(_room, Math.Min(most, _room + (_time.GetElapsedTime(_updated, now).TotalSeconds * limit)));
        }

        _updated = now;
    }

    private sealed class Waiter(RateLimit node, int bytes) : TaskCompletionSource
    {
        public int Bytes => bytes;

        /// <summary>Leaves the line; others may have waited for this one.</summary>
        public void GiveUp(CancellationToken cancellation)
        {
            if (!TrySetCanceled(cancellation))
                return;
            lock (node._gate)
                node.SetTimer(TimeSpan.Zero);
        }
    }
}
