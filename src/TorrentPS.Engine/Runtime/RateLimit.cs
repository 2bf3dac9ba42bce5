namespace TorrentPS.Engine.Runtime;

/// <summary>
/// One node in the tree of rate limits (session, torrent, peer) of one direction. The bytes of a transfer are taken
/// from the token bucket of every node, from the leaf to the root. At each node, the transfer waits until the bucket
/// has enough bytes.
/// </summary>
/// <remarks>
/// A bucket holds at most the bytes that its limit allows in a quarter of a second. If the first waiting transfer is
/// larger, the bucket fills up to the size of that transfer. Waiting transfers are ordered by self-clocked fair
/// queueing (Golestani 1994): all children of a node get equal shares, even if one child has more transfers waiting
/// than another. The class is thread-safe. A new limit applies at once, also to waiting transfers.
/// </remarks>
internal sealed class RateLimit
{
    /// <summary>
    /// Capacity of the token bucket, as seconds of transfer at the limit. After a pause, a full bucket may be
    /// transferred at once. The value is short enough that the rate looks steady.
    /// </summary>
    private const double BurstSeconds = 0.25;

    /// <summary>
    /// Maximum number of bytes that callers should transfer at once while a limit is set. Small transfers keep the
    /// waiting times of other peers short.
    /// </summary>
    public const int Quantum = 16 * 1024;

    /// <summary>
    /// Maximum time for which the timer is set. For a longer wait, the timer is set several times. One hour is well
    /// below the maximum of .NET timers, which is 49 days.
    /// </summary>
    private static readonly TimeSpan s_longestSleep = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly RateLimit? _parent;
    private readonly TimeProvider _time;
    private readonly PriorityQueue<Waiter, (long Tag, long Order)> _waiting = new();
    private long? _limit;
    private double _room;
    private long _updated;
    private long _virtualTime;
    private long _order;
    private ITimer? _timer;

    // Service tags of the last transfers, in bytes (self-clocked fair queueing). The tag of a transfer is its size plus
    // the larger of two values: the tag of the last transfer from the same child, and the virtual time. The waiting
    // transfer with the lowest tag passes first, and its tag becomes the virtual time.
    // _ownTag is for transfers that begin at this node and is guarded by this node's lock. _tagAtParent is the tag in
    // the parent's queue and is guarded by the parent's lock.
    private long _ownTag;
    private long _tagAtParent;

    /// <param name="parent">
    /// The parent node, from whose bucket the bytes of each transfer are also taken; null for the root.
    /// </param>
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
    /// Takes the bytes of a transfer from the buckets of this node and all its ancestors. Waits at each node until its
    /// bucket has enough bytes. Completes synchronously if no wait is necessary.
    /// </summary>
    /// <exception cref="OperationCanceledException">
    /// The wait was cancelled. Bytes that were already taken are not put back.
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
        using (cancellation.UnsafeRegister(static (state, token) => ((Waiter)state!).Cancel(token), waiter))
            await waiter.Task;
        if (_parent is not null)
            await _parent.PassAsync(this, bytes, cancellation);
    }

    /// <summary>
    /// Takes tokens for a transfer, one per byte, from the bucket of this rate limit but not from that of its parent.
    /// If the bucket has too few tokens or other transfers are waiting, queues the transfer instead.
    /// </summary>
    /// <returns>The waiter of the queued transfer; null if the transfer need not wait at this rate limit.</returns>
    private Waiter? Enter(RateLimit? branch, int bytes)
    {
        lock (_gate)
        {
            if (_limit is null && _waiting.Count == 0)
                return null;
            Fill();
            ref long last = ref branch is null ? ref _ownTag : ref branch._tagAtParent;
            last = Math.Max(last, _virtualTime) + bytes;
            if (_waiting.Count == 0 && bytes <= _room)
            {
                _room -= bytes;
                _virtualTime = last;
                return null;
            }

            var waiter = new Waiter(this, bytes);
            _waiting.Enqueue(waiter, (last, _order++));
            SetTimer(WaitOfFirst());
            return waiter;
        }
    }

    /// <summary>
    /// Completes waiters in the order of the queue while the bucket has enough bytes. Then sets the timer for the next
    /// waiter, if any.
    /// </summary>
    private void Wake()
    {
        List<Waiter> passed = [];
        lock (_gate)
        {
            Fill();
            while (_waiting.TryPeek(out Waiter? first, out (long Tag, long Order) place))
            {
                if (!first.Task.IsCompleted && WaitOfFirst() > TimeSpan.Zero)
                {
                    SetTimer(WaitOfFirst());
                    break;
                }

                _waiting.Dequeue();
                if (first.Task.IsCompleted)
                    continue;
                _virtualTime = Math.Max(_virtualTime, place.Tag);
                _room = _limit is null ? 0 : _room - first.Bytes;
                passed.Add(first);
            }
        }

        // Outside the lock, because waiters continue within this call.
        foreach (Waiter waiter in passed)
            waiter.TrySetResult();
    }

    /// <summary>
    /// Returns the time until the bucket has enough bytes for the first waiter. The time is rounded up to whole
    /// milliseconds, the resolution of timers, because otherwise the timer could fire too early.
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

        /// <summary>
        /// Cancels the wait. The rate limit then examines its queue again, because its bucket may have enough tokens
        /// for the next transfer.
        /// </summary>
        public void Cancel(CancellationToken cancellation)
        {
            if (!TrySetCanceled(cancellation))
                return;
            lock (node._gate)
                node.SetTimer(TimeSpan.Zero);
        }
    }
}
