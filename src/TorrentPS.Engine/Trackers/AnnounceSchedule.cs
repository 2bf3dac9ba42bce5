using System.Diagnostics.CodeAnalysis;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>
/// Decides which tracker of a torrent gets which announce, and when (BEP 3, BEP 12). At most one announce is in
/// progress.
/// </summary>
/// <remarks>
/// <para>
/// A round announces to the trackers in order, tier by tier, until one responds. That tracker moves to the front of its
/// tier. A tracker whose last announce failed is skipped until its back-off has passed.
/// </para>
/// <para>
/// The class is synchronous and deterministic. The caller passes the current time, counted from any fixed moment.
/// </para>
/// </remarks>
internal sealed class AnnounceSchedule
{
    /// <summary>
    /// Maximum number of trackers used for a torrent. Further trackers are ignored. Real lists contain a few dozen
    /// trackers, and each unreachable tracker delays the round until its announce times out.
    /// </summary>
    public const int MaxTrackers = 100;

    private readonly List<List<ScheduledTracker>> _tiers = [];
    private readonly AnnounceTiming _timing;
    private readonly Random _random;
    private readonly Queue<ScheduledTracker> _round = new();

    /// <summary>
    /// Trackers that were added after the first round began. Each gets one announce outside of a round.
    /// </summary>
    private readonly Queue<ScheduledTracker> _added = new();
    private ScheduledTracker? _current;
    private AnnounceEvent _currentEvent;

    /// <summary>Whether the announce in progress is outside of a round.</summary>
    private bool _isAdded;
    private TimeSpan _roundDue = TimeSpan.Zero;
    private TimeSpan _lastResponse = TimeSpan.Zero;
    private TimeSpan _minInterval;
    private bool _hasBegun;
    private bool _isStopped;

    /// <summary>
    /// Creates a schedule. The trackers of each tier are shuffled once (BEP 12). Repeated URLs are ignored.
    /// </summary>
    public AnnounceSchedule(IEnumerable<IEnumerable<Uri>> tiers, AnnounceTiming timing, Random random)
    {
        _timing = timing;
        _random = random;
        var seen = new HashSet<Uri>();
        foreach (IEnumerable<Uri> urls in tiers)
        {
            Uri[] newUrls = [.. urls.Where(url => seen.Count < MaxTrackers && seen.Add(url))];
            random.Shuffle(newUrls);
            if (newUrls.Length > 0)
                _tiers.Add([.. newUrls.Select(url => new ScheduledTracker(url, _tiers.Count))]);
        }
    }

    /// <summary>Gets the trackers in the order in which a round announces to them.</summary>
    public IEnumerable<ScheduledTracker> Trackers => _tiers.SelectMany(tier => tier);

    /// <summary>
    /// Gets the earliest time at which <see cref="TryNext"/> returns an announce. The time is null while an announce is
    /// in progress, after <see cref="Stop"/>, or if every tracker has failed permanently.
    /// </summary>
    public TimeSpan? NextDue
    {
        get
        {
            if (_isStopped || _current is not null)
                return null;
            if (_round.Count > 0 || _added.Count > 0)
                return TimeSpan.Zero;
            TimeSpan ready = Trackers.Select(t => t.RetryAt).DefaultIfEmpty(TimeSpan.MaxValue).Min();
            return ready == TimeSpan.MaxValue ? null : Max(_roundDue, ready);
        }
    }

    /// <summary>
    /// Returns the expected time of the next announce to a tracker; null if there will be none. The result is also null
    /// for a backup tracker, to which an announce is sent only after the trackers before it fail.
    /// </summary>
    public TimeSpan? NextFor(ScheduledTracker tracker)
    {
        if (_isStopped || tracker.RetryAt == TimeSpan.MaxValue)
            return null;
        TimeSpan next = Max(_roundDue, tracker.RetryAt);
        bool isBackup = tracker.Failures == 0 && Trackers.First(t => t.RetryAt <= next) != tracker;
        return isBackup ? null : next;
    }

    /// <summary>
    /// Gets the next announce and marks it as in progress. Returns false if no announce should be sent now. The caller
    /// must send the announce and then call <see cref="Succeeded"/> or <see cref="Failed"/>.
    /// </summary>
    public bool TryNext(TimeSpan now, [NotNullWhen(true)] out AnnounceAction? action)
    {
        action = null;
        if (NextDue is not { } due || due > now)
            return false;
        _hasBegun = true;
        _isAdded = _added.TryDequeue(out ScheduledTracker? added);
        if (added is null && _round.Count == 0)
        {
            foreach (ScheduledTracker tracker in Trackers.Where(t => t.RetryAt <= now))
                _round.Enqueue(tracker);
        }

        _current = added ?? _round.Dequeue();
        _currentEvent = !_current.HasRespondedToStarted ? AnnounceEvent.Started
            : _current.IsCompletedPending ? AnnounceEvent.Completed
            : AnnounceEvent.None;
        if (_currentEvent == AnnounceEvent.Completed)
            _current.IsCompletedPending = false;
        action = new AnnounceAction(_current.Url, _currentEvent, _current.TrackerId);
        return true;
    }

    /// <summary>Records the response to the announce in progress, and schedules the next round.</summary>
    public void Succeeded(TimeSpan now, AnnounceResponse response)
    {
        ScheduledTracker tracker = EndCurrent();
        tracker.HasRespondedToStarted = true;
        tracker.Failures = 0;
        tracker.TrackerId = response.TrackerId ?? tracker.TrackerId;
        if (tracker.IsRemoved)
        {
            ContinueRound(now);
            return;
        }

        TimeSpan requested = Max(response.Interval, response.MinInterval ?? TimeSpan.Zero);
        TimeSpan interval = Min(Max(requested, _timing.MinInterval), _timing.MaxInterval);
        if (_isAdded && _roundDue > now)
            return;
        if (!_isAdded)
        {
            _tiers[tracker.Tier].Remove(tracker);
            _tiers[tracker.Tier].Insert(0, tracker);
            _round.Clear();
        }

        _lastResponse = now;
        _minInterval = response.MinInterval ?? TimeSpan.Zero;
        _roundDue = tracker.IsCompletedPending ? now : now + interval;
    }

    /// <summary>Records that the announce in progress failed.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="isPermanent">
    /// Whether every further announce would fail. The tracker then gets no further announce.
    /// </param>
    public void Failed(TimeSpan now, bool isPermanent)
    {
        AnnounceEvent announced = _currentEvent;
        ScheduledTracker tracker = EndCurrent();
        tracker.IsCompletedPending = tracker.HasRespondedToStarted
            && (tracker.IsCompletedPending || announced == AnnounceEvent.Completed);
        tracker.RetryAt = isPermanent ? TimeSpan.MaxValue : now + BackOff(tracker.Failures++);
        ContinueRound(now);
    }

    /// <summary>
    /// Schedules an announce with the event <c>completed</c> for each tracker that responded to <c>started</c>, and for
    /// the tracker whose announce is in progress. The next round begins at once.
    /// </summary>
    public void Completed(TimeSpan now)
    {
        foreach (ScheduledTracker tracker in Trackers.Where(t => t.HasRespondedToStarted || t == _current))
        {
            tracker.IsCompletedPending = true;
            _roundDue = Min(_roundDue, now);
        }
    }

    /// <summary>
    /// Begins the next round early, because the user requests it. Trackers whose last announce failed are included.
    /// </summary>
    /// <param name="now">The current time.</param>
    /// <param name="force">Whether to ignore the minimum interval in the last response.</param>
    /// <returns>When the next round begins: now, or when the minimum interval has passed.</returns>
    public TimeSpan AnnounceNow(TimeSpan now, bool force)
    {
        TimeSpan earliest = force ? now : Max(now, _lastResponse + Min(_minInterval, _timing.MaxInterval));
        _roundDue = Min(_roundDue, earliest);
        foreach (ScheduledTracker tracker in Trackers.Where(t => t.RetryAt != TimeSpan.MaxValue))
            tracker.RetryAt = Min(tracker.RetryAt, now);
        return Max(_roundDue, now);
    }

    /// <summary>
    /// Adds a tracker. It gets an announce at once, even if another tracker works, and is then used like the others.
    /// </summary>
    /// <param name="url">The tracker's URL.</param>
    /// <param name="tier">
    /// The tier, from 0. Null, or a number that no tier has, means a new tier after the last one.
    /// </param>
    /// <returns>
    /// The tracker; null if the schedule already has the URL, or already has <see cref="MaxTrackers"/> trackers.
    /// </returns>
    public ScheduledTracker? Add(Uri url, int? tier)
    {
        if (Trackers.Count() >= MaxTrackers || Trackers.Any(tracker => tracker.Url == url))
            return null;
        int index = Math.Min(tier ?? _tiers.Count, _tiers.Count);
        if (index == _tiers.Count)
            _tiers.Add([]);
        var added = new ScheduledTracker(url, index);
        _tiers[index].Add(added);
        if (_hasBegun)
            _added.Enqueue(added);
        return added;
    }

    /// <summary>
    /// Removes a tracker. If an announce to the tracker is in progress, the caller must announce the event
    /// <c>stopped</c> after that announce.
    /// </summary>
    /// <returns>
    /// An announce with the event <c>stopped</c> if the tracker has responded to <c>started</c>. Null if it has not
    /// responded, or while an announce to the tracker is in progress.
    /// </returns>
    public AnnounceAction? Remove(Uri url)
    {
        if (Trackers.FirstOrDefault(tracker => tracker.Url == url) is not { } removed)
            return null;
        removed.IsRemoved = true;
        _tiers[removed.Tier].Remove(removed);
        foreach (Queue<ScheduledTracker> queue in new[] { _round, _added })
        {
            ScheduledTracker[] kept = [.. queue.Where(tracker => tracker != removed)];
            queue.Clear();
            foreach (ScheduledTracker tracker in kept)
                queue.Enqueue(tracker);
        }

        return removed != _current && removed.HasRespondedToStarted
            ? new AnnounceAction(url, AnnounceEvent.Stopped, removed.TrackerId)
            : null;
    }

    /// <summary>Ends the schedule. <see cref="TryNext"/> returns no further announce.</summary>
    /// <returns>
    /// The final announces. The event <c>stopped</c> is announced to each tracker that responded to <c>started</c>, and
    /// to the tracker whose announce is in progress. If <c>completed</c> is scheduled for a tracker or in progress,
    /// <c>completed</c> is announced to that tracker before <c>stopped</c>.
    /// </returns>
    public IReadOnlyList<AnnounceAction> Stop()
    {
        _isStopped = true;
        var finalAnnounces = new List<AnnounceAction>();
        IEnumerable<ScheduledTracker> all =
            _current is { IsRemoved: true } removed ? Trackers.Append(removed) : Trackers;
        foreach (ScheduledTracker tracker in all.Where(t => t.HasRespondedToStarted || t == _current))
        {
            if (tracker.IsCompletedPending || (tracker == _current && _currentEvent == AnnounceEvent.Completed))
                finalAnnounces.Add(new AnnounceAction(tracker.Url, AnnounceEvent.Completed, tracker.TrackerId));
            finalAnnounces.Add(new AnnounceAction(tracker.Url, AnnounceEvent.Stopped, tracker.TrackerId));
        }

        return finalAnnounces;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>
    /// Sets the time of the next round to <paramref name="now"/> if no tracker is left in the current round.
    /// </summary>
    private void ContinueRound(TimeSpan now)
    {
        if (!_isAdded && _round.Count == 0)
            _roundDue = now;
    }

    private ScheduledTracker EndCurrent()
    {
        ScheduledTracker tracker = _current ?? throw new InvalidOperationException("No announce is under way.");
        _current = null;
        return tracker;
    }

    /// <summary>
    /// Returns the wait after a failure. It doubles with each failure, up to <see cref="AnnounceTiming.MaxRetry"/>. A
    /// random addition of up to a quarter keeps clients from announcing at the same time to a tracker that is available
    /// again.
    /// </summary>
    private TimeSpan BackOff(int failuresBefore) =>
        Min(_timing.FirstRetry * Math.Pow(2, Math.Min(failuresBefore, 20)), _timing.MaxRetry)
        * (1 + (_random.NextDouble() / 4));
}

/// <summary>An announce to send.</summary>
/// <param name="Tracker">The tracker's URL.</param>
/// <param name="Event">The event to announce.</param>
/// <param name="TrackerId">
/// The tracker id in an earlier response, which must be sent with the announce; null if there was none.
/// </param>
internal sealed record AnnounceAction(Uri Tracker, AnnounceEvent Event, string? TrackerId);

internal sealed class ScheduledTracker(Uri url, int tier)
{
    public Uri Url { get; } = url;

    public int Tier { get; } = tier;

    /// <summary>
    /// Whether the tracker has responded to <c>started</c>. If not, it is sent neither <c>completed</c> nor
    /// <c>stopped</c>, unless an announce to it is in progress.
    /// </summary>
    public bool HasRespondedToStarted { get; set; }

    public bool IsCompletedPending { get; set; }

    public string? TrackerId { get; set; }

    /// <summary>Number of failed announces since the last response.</summary>
    public int Failures { get; set; }

    /// <summary>Whether the tracker was removed while an announce to it was in progress.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>
    /// The earliest time for the next announce after a failed one. <see cref="TimeSpan.MaxValue"/> means that the
    /// tracker gets no further announce.
    /// </summary>
    public TimeSpan RetryAt { get; set; }
}
