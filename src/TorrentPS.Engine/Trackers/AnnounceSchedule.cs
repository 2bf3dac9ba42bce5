using System.Diagnostics.CodeAnalysis;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>
/// Decides which of a torrent's trackers hears what, and when (BEP 3, BEP 12). Synchronous and deterministic: the time, as elapsed
/// since any fixed moment, and the random numbers come in. One announce is under way at a time.
/// </summary>
/// <remarks>
/// An announce goes round the trackers, tier by tier, until one answers; that one moves to the front of its tier. A tracker that
/// failed is left out of the rounds until its back-off has passed.
/// </remarks>
internal sealed class AnnounceSchedule
{
    /// <summary>The most trackers of a torrent that are used: real lists have a few dozen, and each costs a time-out when it is dead.</summary>
    public const int MaxTrackers = 100;

    private readonly List<List<ScheduledTracker>> _tiers = [];
    private readonly AnnounceTiming _timing;
    private readonly Random _random;
    private readonly Queue<ScheduledTracker> _round = new();
    private ScheduledTracker? _asked;
    private AnnounceEvent _askedEvent;
    private TimeSpan _roundDue = TimeSpan.Zero;
    private TimeSpan _lastAnswer = TimeSpan.Zero;
    private TimeSpan _minInterval;
    private bool _hasPeers;
    private bool _isStopped;

    /// <summary>Shuffles each tier, once; a URL that comes again is left out.</summary>
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

    /// <summary>The trackers in the order that they are asked.</summary>
    public IEnumerable<ScheduledTracker> Trackers => _tiers.SelectMany(tier => tier);

    /// <summary>When <see cref="TryNext"/> is next worth calling; null while an announce is under way or none will ever be due.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            if (_isStopped || _asked is not null)
                return null;
            if (_round.Count > 0)
                return TimeSpan.Zero;
            TimeSpan ready = Trackers.Select(t => t.RetryAt).DefaultIfEmpty(TimeSpan.MaxValue).Min();
            return ready == TimeSpan.MaxValue ? null : Max(_roundDue, ready);
        }
    }

    /// <summary>When a tracker is asked next, as far as is known: null for a tracker that only stands by for those before it.</summary>
    public TimeSpan? NextFor(ScheduledTracker tracker)
    {
        if (_isStopped || tracker.RetryAt == TimeSpan.MaxValue)
            return null;
        TimeSpan next = Max(_roundDue, tracker.RetryAt);
        bool standsBy = tracker.Failures == 0 && Trackers.First(t => t.RetryAt <= next) != tracker;
        return standsBy ? null : next;
    }

    /// <summary>Before the first round: a tracker answered not long ago, and goes first; nobody is asked before it allows.</summary>
    /// <param name="url">The tracker.</param>
    /// <param name="until">When it may be asked again.</param>
    public void Recall(Uri url, TimeSpan until)
    {
        if (Trackers.FirstOrDefault(tracker => tracker.Url == url) is not { } known)
            return;
        _tiers[known.Tier].Remove(known);
        _tiers[known.Tier].Insert(0, known);
        _roundDue = Min(until, _timing.MaxRecalled);
    }

    /// <summary>Takes the announce that is due, if one is; <see cref="Succeeded"/> or <see cref="Failed"/> must follow.</summary>
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

        _asked = _round.Dequeue();
        _asked.LastTried = now;
        _askedEvent = !_asked.HeardStarted ? AnnounceEvent.Started : _asked.OwedCompleted ? AnnounceEvent.Completed : AnnounceEvent.None;
        if (_askedEvent == AnnounceEvent.Completed)
            _asked.OwedCompleted = false;
        action = new AnnounceAction(_asked.Url, _askedEvent, _asked.TrackerId);
        return true;
    }

    /// <summary>The announce under way was answered.</summary>
    public void Succeeded(TimeSpan now, AnnounceResponse response)
    {
        ScheduledTracker tracker = TakeAsked();
        tracker.HeardStarted = true;
        tracker.Failures = 0;
        tracker.TrackerId = response.TrackerId ?? tracker.TrackerId;
        _tiers[tracker.Tier].Remove(tracker);
        _tiers[tracker.Tier].Insert(0, tracker);
        _round.Clear();
        _hasPeers |= response.Peers.Count > 0;
        _lastAnswer = now;
        _minInterval = response.MinInterval ?? _timing.DefaultMinInterval;
        TimeSpan interval = Min(Max(Max(response.Interval, response.MinInterval ?? TimeSpan.Zero), _timing.MinInterval), _timing.MaxInterval);
        _roundDue = tracker.OwedCompleted ? now : now + interval;
    }

    /// <summary>The announce under way failed.</summary>
    /// <param name="now">The time.</param>
    /// <param name="forGood">Whether it will always fail, so that the tracker is never asked again.</param>
    public void Failed(TimeSpan now, bool forGood)
    {
        AnnounceEvent told = _askedEvent;
        ScheduledTracker tracker = TakeAsked();
        tracker.OwedCompleted = tracker.HeardStarted && (tracker.OwedCompleted || told == AnnounceEvent.Completed);
        tracker.RetryAt = forGood ? TimeSpan.MaxValue : now + BackOff(tracker.Failures++);
        if (_round.Count == 0)
            _roundDue = now;
    }

    /// <summary>The last wanted piece came: the trackers that heard <c>started</c> before are to be told, the first of them now.</summary>
    public void Completed(TimeSpan now)
    {
        foreach (ScheduledTracker tracker in Trackers.Where(t => t.HeardStarted || t == _asked))
        {
            tracker.OwedCompleted = true;
            _roundDue = Min(_roundDue, now);
        }
    }

    /// <summary>Someone wants peers: announces as early as the tracker allows; while there were no peers at all, almost at once.</summary>
    public void AnnounceNow()
    {
        _roundDue = Min(_roundDue, _lastAnswer + (_hasPeers ? Min(_minInterval, _timing.MaxInterval) : _timing.NoPeersMinInterval));
        foreach (ScheduledTracker tracker in Trackers.Where(t => t.RetryAt != TimeSpan.MaxValue))
            tracker.RetryAt = Min(tracker.RetryAt, tracker.LastTried + _timing.NoPeersMinInterval);
    }

    /// <summary>Ends the schedule.</summary>
    /// <returns>
    /// The announces to make, in order for each tracker: <c>stopped</c> to all that heard <c>started</c>, or may be hearing it now, and
    /// before it <c>completed</c> where that is still owed: a download that ends the moment it is complete has completed all the same.
    /// </returns>
    public IReadOnlyList<AnnounceAction> Stop()
    {
        _isStopped = true;
        var farewells = new List<AnnounceAction>();
        foreach (ScheduledTracker tracker in Trackers.Where(t => t.HeardStarted || t == _asked))
        {
            if (tracker.OwedCompleted || (tracker == _asked && _askedEvent == AnnounceEvent.Completed))
                farewells.Add(new AnnounceAction(tracker.Url, AnnounceEvent.Completed, tracker.TrackerId));
            farewells.Add(new AnnounceAction(tracker.Url, AnnounceEvent.Stopped, tracker.TrackerId));
        }

        return farewells;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private ScheduledTracker TakeAsked()
    {
        ScheduledTracker tracker = _asked ?? throw new InvalidOperationException("No announce is under way.");
        _asked = null;
        return tracker;
    }

    /// <summary>Doubles with each failure, and up to a quarter more at random, so that those a tracker lost do not return all at once.</summary>
    private TimeSpan BackOff(int failuresBefore) =>
        Min(_timing.FirstRetry * Math.Pow(2, Math.Min(failuresBefore, 20)), _timing.MaxRetry) * (1 + (_random.NextDouble() / 4));
}
