using System.Diagnostics.CodeAnalysis;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>
/// Decides which tracker of a torrent gets which announce, and when (BEP 3, BEP 12). Synchronous and deterministic: the
/// caller passes the time, as elapsed since any fixed moment. At most one announce is in progress.
/// </summary>
/// <remarks>
/// A round announces to the trackers in order, tier by tier, until one responds. That tracker moves to the front of
/// its tier. A tracker whose last announce failed is left out until its back-off has passed.
/// </remarks>
internal sealed class AnnounceSchedule
{
    /// <summary>
    /// Maximum number of trackers used for a torrent; further ones are ignored. Real lists have a few dozen, and each
    /// unreachable tracker costs a timeout.
    /// </summary>
    public const int MaxTrackers = 100;

    private readonly List<List<ScheduledTracker>> _tiers = [];
    private readonly AnnounceTiming _timing;
    private readonly Random _random;
    private readonly Queue<ScheduledTracker> _round = new();
    private ScheduledTracker? _current;
    private AnnounceEvent _currentEvent;
    private TimeSpan _roundDue = TimeSpan.Zero;
    private TimeSpan _lastAnswer = TimeSpan.Zero;
    private TimeSpan _minInterval;
    private bool _hasPeers;
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
            Uri[] fresh = [.. urls.Where(url => seen.Count < MaxTrackers && seen.Add(url))];
            random.Shuffle(fresh);
            if (fresh.Length > 0)
                _tiers.Add([.. fresh.Select(url => new ScheduledTracker(url, _tiers.Count))]);
        }
    }

    /// <summary>The trackers in the order in which a round announces to them.</summary>
    public IEnumerable<ScheduledTracker> Trackers => _tiers.SelectMany(tier => tier);

    /// <summary>
    /// The earliest time at which <see cref="TryNext"/> returns an announce. Null while an announce is in progress,
    /// after <see cref="Stop"/>, and when every tracker has failed permanently.
    /// </summary>
    public TimeSpan? NextDue
    {
        get
        {
            if (_isStopped || _current is not null)
                return null;
            if (_round.Count > 0)
                return TimeSpan.Zero;
            TimeSpan ready = Trackers.Select(t => t.RetryAt).DefaultIfEmpty(TimeSpan.MaxValue).Min();
            return ready == TimeSpan.MaxValue ? null : Max(_roundDue, ready);
        }
    }

    /// <summary>
    /// Returns the expected time of the next announce to a tracker. Null if there will be none, and for a backup
    /// tracker, which is used only after the trackers before it fail.
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
    /// Applies a tracker's cached response from before a restart. Must be called before the first round. The tracker
    /// moves to the front of its tier, and the first round begins at the given time. An unknown tracker is ignored.
    /// </summary>
    /// <param name="url">The tracker's URL.</param>
    /// <param name="until">
    /// The earliest time for the first announce, at most <see cref="AnnounceTiming.MaxRestoredWait"/>.
    /// </param>
    public void Restore(Uri url, TimeSpan until)
    {
        if (Trackers.FirstOrDefault(tracker => tracker.Url == url) is not { } known)
            return;
        _tiers[known.Tier].Remove(known);
        _tiers[known.Tier].Insert(0, known);
        _roundDue = Min(until, _timing.MaxRestoredWait);
    }

    /// <summary>
    /// Gets the next announce, and marks it as in progress. Returns false if it isn't time for an announce yet, or none
    /// is scheduled. The caller sends the announce and then calls <see cref="Succeeded"/> or <see cref="Failed"/>.
    /// </summary>
    public bool TryNext(TimeSpan now, [NotNullWhen(true)] out AnnounceAction? action)
    {
        action = null;
        if (NextDue is not { } due || due > now)
            return false;
        if (_round.Count == 0)
        {
            foreach (ScheduledTracker tracker in Trackers.Where(t => t.RetryAt <= now))
                _round.Enqueue(tracker);
        }

        _current = _round.Dequeue();
        _current.LastTried = now;
        _currentEvent = !_current.AnsweredStarted ? AnnounceEvent.Started
            : _current.OwesCompleted ? AnnounceEvent.Completed
            : AnnounceEvent.None;
        if (_currentEvent == AnnounceEvent.Completed)
            _current.OwesCompleted = false;
        action = new AnnounceAction(_current.Url, _currentEvent, _current.TrackerId);
        return true;
    }

    /// <summary>Records the response to the announce in progress, and schedules the next round.</summary>
    public void Succeeded(TimeSpan now, AnnounceResponse response)
    {
        ScheduledTracker tracker = TakeCurrent();
        tracker.AnsweredStarted = true;
        tracker.Failures = 0;
        tracker.TrackerId = response.TrackerId ?? tracker.TrackerId;
        _tiers[tracker.Tier].Remove(tracker);
        _tiers[tracker.Tier].Insert(0, tracker);
        _round.Clear();
        _hasPeers |= response.Peers.Count > 0;
        _lastAnswer = now;
        _minInterval = response.MinInterval ?? _timing.DefaultMinInterval;
        TimeSpan asked = Max(response.Interval, response.MinInterval ?? TimeSpan.Zero);
        TimeSpan interval = Min(Max(asked, _timing.MinInterval), _timing.MaxInterval);
        _roundDue = tracker.OwesCompleted ? now : now + interval;
    }

    /// <summary>Records that the announce in progress failed.</summary>
    /// <param name="now">The time.</param>
    /// <param name="isPermanent">
    /// Whether every further announce would fail. The tracker then gets no further announce.
    /// </param>
    public void Failed(TimeSpan now, bool isPermanent)
    {
        AnnounceEvent told = _currentEvent;
        ScheduledTracker tracker = TakeCurrent();
        tracker.OwesCompleted = tracker.AnsweredStarted && (tracker.OwesCompleted || told == AnnounceEvent.Completed);
        tracker.RetryAt = isPermanent ? TimeSpan.MaxValue : now + BackOff(tracker.Failures++);
        if (_round.Count == 0)
            _roundDue = now;
    }

    /// <summary>
    /// Schedules an announce with the event <c>completed</c> for the trackers that responded to <c>started</c>, and for
    /// the tracker whose announce is in progress. The next round begins at once.
    /// </summary>
    public void Completed(TimeSpan now)
    {
        foreach (ScheduledTracker tracker in Trackers.Where(t => t.AnsweredStarted || t == _current))
        {
            tracker.OwesCompleted = true;
            _roundDue = Min(_roundDue, now);
        }
    }

    /// <summary>
    /// Schedules an early announce, because the torrent needs peers: as soon as the minimum interval of the last
    /// response has passed, or <see cref="AnnounceTiming.NoPeersMinInterval"/> if no tracker has returned a peer yet.
    /// After a failed announce, the wait is shortened to <see cref="AnnounceTiming.NoPeersMinInterval"/>.
    /// </summary>
    public void AnnounceNow()
    {
        _roundDue = Min(
            _roundDue, _lastAnswer + (_hasPeers ? Min(_minInterval, _timing.MaxInterval) : _timing.NoPeersMinInterval));
        foreach (ScheduledTracker tracker in Trackers.Where(t => t.RetryAt != TimeSpan.MaxValue))
            tracker.RetryAt = Min(tracker.RetryAt, tracker.LastTried + _timing.NoPeersMinInterval);
    }

    /// <summary>Ends the schedule: no further announce is made by <see cref="TryNext"/>.</summary>
    /// <returns>
    /// The final announces, for each tracker that responded to <c>started</c> and for the tracker whose announce is in
    /// progress: <c>completed</c> if that event is still scheduled or being announced, then <c>stopped</c>.
    /// </returns>
    public IReadOnlyList<AnnounceAction> Stop()
    {
        _isStopped = true;
        var finalAnnounces = new List<AnnounceAction>();
        foreach (ScheduledTracker tracker in Trackers.Where(t => t.AnsweredStarted || t == _current))
        {
            if (tracker.OwesCompleted || (tracker == _current && _currentEvent == AnnounceEvent.Completed))
                finalAnnounces.Add(new AnnounceAction(tracker.Url, AnnounceEvent.Completed, tracker.TrackerId));
            finalAnnounces.Add(new AnnounceAction(tracker.Url, AnnounceEvent.Stopped, tracker.TrackerId));
        }

        return finalAnnounces;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private ScheduledTracker TakeCurrent()
    {
        ScheduledTracker tracker = _current ?? throw new InvalidOperationException("No announce is under way.");
        _current = null;
        return tracker;
    }

    /// <summary>
    /// Returns the wait after a failure. It doubles with each failure, up to <see cref="AnnounceTiming.MaxRetry"/>.
    /// Up to a quarter is added at random, so that clients don't all return at once to a tracker that was down.
    /// </summary>
    private TimeSpan BackOff(int failuresBefore) =>
        Min(_timing.FirstRetry * Math.Pow(2, Math.Min(failuresBefore, 20)), _timing.MaxRetry)
        * (1 + (_random.NextDouble() / 4));
}

/// <summary>An announce to send.</summary>
/// <param name="Tracker">The tracker's URL.</param>
/// <param name="Event">The event to announce.</param>
/// <param name="TrackerId">
/// The tracker id of an earlier response, to send with the announce; null if there was none.
/// </param>
internal sealed record AnnounceAction(Uri Tracker, AnnounceEvent Event, string? TrackerId);

/// <summary>One tracker's state in an <see cref="AnnounceSchedule"/>.</summary>
internal sealed class ScheduledTracker(Uri url, int tier)
{
    public Uri Url { get; } = url;

    public int Tier { get; } = tier;

    /// <summary>
    /// Whether the tracker has responded to <c>started</c>. If false, the tracker is sent neither <c>completed</c> nor
    /// <c>stopped</c>, except when an announce to the tracker is in progress.
    /// </summary>
    public bool AnsweredStarted { get; set; }

    /// <summary>Whether <c>completed</c> still has to be sent to the tracker.</summary>
    public bool OwesCompleted { get; set; }

    public string? TrackerId { get; set; }

    /// <summary>Number of failed announces since the last response.</summary>
    public int Failures { get; set; }

    public TimeSpan LastTried { get; set; }

    /// <summary>
    /// The earliest time for the next announce after a failed one. <see cref="TimeSpan.MaxValue"/> means that no
    /// further announce is sent to the tracker.
    /// </summary>
    public TimeSpan RetryAt { get; set; }
}
