namespace TorrentPS.Engine.Runtime;

/// <summary>
/// One node in the tree of rate limits (session, torrent, peer) of one direction. The bytes of a transfer are taken
/// from the token bucket of every node, from the leaf to the root; the transfer waits at each until it has enough.
/// </summary>
/// <remarks>
/// The bucket of a node holds the bytes of a quarter of a second. For a larger transfer it fills beyond that, until it
/// has the bytes of the whole transfer. Waiting transfers are queued so that the children of a node get equal shares,
/// however many transfers wait in each (self-clocked fair queueing, Golestani 1994): the place of a transfer is a
/// count of bytes that continues from the last transfer of the same child, and the lowest place is served first.
/// Thread-safe. A new limit applies at once, also to waiting transfers.
/// </remarks>
internal sealed class RateLimit
{
    /// <summary>
    /// Capacity of the token bucket, in seconds at the limit's rate. After a pause, a full bucket may be transferred
    /// at once. A quarter of a second is short enough that the rate looks steady.
    /// </summary>
    private const double BurstSeconds = 0.25;

    /// <summary>
    /// Maximum number of bytes that callers should transfer at once while a limit is set. Small transfers keep the
    /// waits of other peers short.
    /// </summary>
    public const int Quantum = 16 * 1024;

    /// <summary>
    /// Maximum time for which the timer is set. A longer wait uses the timer several times, because a timer accepts
    /// at most 49 days.
    /// </summary>
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

    // The place in this node's queue of the last transfer that began at this node. Guarded by this node's lock.
    private long _ownStamp;

    // The place in the parent's queue of the last transfer that came from this node. Guarded by the parent's lock.
    private long _stampAtParent;

    /// <param name="parent">The parent node, to which each transfer is charged as well; null for the root.</param>
    /// <param name="limit">The limit in bytes/s; null for unlimited.</param>
    /// <param name="time">The clock.</param>
    public RateLimit(RateLimit? parent, long? limit, TimeProvider time)
    {
        _parent = parent;
        _time = time;
        _updated = time.GetTimestamp();
        _limit = limit;
        _room = Burst;
    }

    /// <summary>The limit in bytes/s; null for unlimited. A change also applies to waiting transfers.</summary>
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

                // The waiters continue from the timer, so that setting a limit does not run their I/O loops on the
                // caller's thread.
                if (_waiting.Count > 0)
                    SetTimer(TimeSpan.Zero);
            }
        }
    }

    /// <summary>Whether this node or one of its ancestors has a limit.</summary>
    public bool IsLimited => Limit is not null || _parent is { IsLimited: true };

    private double Burst => (_limit ?? 0) * BurstSeconds;

    /// <summary>
    /// Waits until this node and each of its ancestors allow a transfer, and takes its bytes from their buckets.
    /// Completes synchronously if none has a limit.
    /// </summary>
    /// <exception cref="OperationCanceledException">
    /// The wait was cancelled. Bytes already taken from buckets are not returned.
    /// </exception>
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

    /// <summary>
    /// Takes the bytes of a transfer from this node's bucket only, and returns null. If the bucket has too few, queues
    /// the transfer and returns its waiter.
    /// </summary>
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

    /// <summary>
    /// Completes the first waiters, as far as the bucket has bytes for them, and sets the timer for the next one.
    /// </summary>
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

        // Outside the lock, because waiters continue within this call.
        foreach (Waiter waiter in gone)
            waiter.TrySetResult();
    }

    /// <summary>
    /// Returns the time until the bucket has enough bytes for the first waiter. It is rounded up to whole
    /// milliseconds, the resolution of timers; otherwise the timer would fire too early.
    /// </summary>
    private TimeSpan WaitOfFirst()
    {
        double lacking = _waiting.Peek().Bytes - _room;
        if (_limit is not { } limit || lacking <= 0)
            return TimeSpan.Zero;
        return TimeSpan.FromMilliseconds(
            Math.Min(Math.Ceiling(lacking / limit * 1000), s_longestSleep.TotalMilliseconds));
    }

    private void SetTimer(TimeSpan wait)
    {
        _timer ??= _time.CreateTimer(
            static state => ((RateLimit)state!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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

        /// <summary>Cancels the wait, and sets the node's timer, because the next waiter may now be allowed.</summary>
        public void GiveUp(CancellationToken cancellation)
        {
            if (!TrySetCanceled(cancellation))
                return;
            lock (node._gate)
                node.SetTimer(TimeSpan.Zero);
        }
    }
}
