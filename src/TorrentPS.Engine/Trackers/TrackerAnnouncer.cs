using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>Keeps one torrent's trackers told: the pump that carries out an <see cref="AnnounceSchedule"/>.</summary>
internal sealed class TrackerAnnouncer : IAsyncDisposable
{
    /// <summary>How many peers are asked for: what a few rounds of connecting use up. Trackers give fewer as they like.</summary>
    private const int PeersWanted = 200;

    private readonly Lock _gate = new();
    private readonly AnnounceTiming _timing;
    private readonly AnnounceSchedule _schedule;
    private readonly Dictionary<Uri, TrackerStatus> _statuses;
    private readonly ITrackerClient _client;
    private readonly ITrackerEvents _events;
    private readonly InfoHash _infoHash;
    private readonly PeerId _peerId;
    private readonly Func<AnnounceProgress> _progress;
    private readonly TimeProvider _time;
    private readonly uint _key;
    private readonly long _origin;
    private readonly CancellationTokenSource _stop = new();
    private CancellationTokenSource _wake = new();
    private Task? _loop;
    private Task? _stopping;

    /// <summary>Prepares; nothing is sent before <see cref="Start"/>.</summary>
    /// <param name="tiers">The trackers by tier.</param>
    /// <param name="infoHash">The torrent.</param>
    /// <param name="peerId">How the session names itself.</param>
    /// <param name="progress">Asked for each announce; called from the pump.</param>
    /// <param name="client">Carries out each announce.</param>
    /// <param name="events">Hears of peers and changes.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">For the order inside tiers, the jitter and the key.</param>
    /// <param name="timing">Limits on intervals; null for the usual ones.</param>
    public TrackerAnnouncer(
        IEnumerable<IEnumerable<Uri>> tiers,
        InfoHash infoHash,
        PeerId peerId,
        Func<AnnounceProgress> progress,
        ITrackerClient client,
        ITrackerEvents events,
        TimeProvider time,
        Random random,
        AnnounceTiming? timing = null)
    {
        _timing = timing ?? new AnnounceTiming();
        _schedule = new AnnounceSchedule(tiers, _timing, random);
        _statuses = _schedule.Trackers.ToDictionary(t => t.Url, t => new TrackerStatus { Url = t.Url, Tier = t.Tier });
        _client = client;
        _events = events;
        _infoHash = infoHash;
        _peerId = peerId;
        _progress = progress;
        _time = time;
        _key = (uint)random.NextInt64(1L << 32);
        _origin = time.GetTimestamp();
    }

    /// <summary>Every tracker as it stands, in the order that they are asked.</summary>
    public IReadOnlyList<TrackerStatus> Statuses
    {
        get
        {
            lock (_gate)
                return [.. _schedule.Trackers.Select(StatusOf)];
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Begins to announce, with <c>started</c>. Starting again does nothing.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_stopping is null)
                _loop ??= Task.Run(RunAsync);
        }
    }

    /// <summary>Before the start: what a tracker answered is still good, so that it need not be asked before the time it gave.</summary>
    public void Recall(Uri tracker, DateTimeOffset notBefore)
    {
        lock (_gate)
            _schedule.Recall(tracker, Now + (notBefore - _time.GetUtcNow()));
    }

    /// <summary>The last wanted piece came; not to be called for a torrent that was complete when it started.</summary>
    public void NotifyCompleted() => Change(() => _schedule.Completed(Now));

    /// <summary>Peers are wanted: announces as early as the tracker allows, and soon when there were no peers yet.</summary>
    public void AnnounceNow() => Change(_schedule.AnnounceNow);

    /// <summary>Ends the pump and tells every tracker that heard <c>started</c> that we leave.</summary>
    /// <param name="grace">How long that may take; what has not been answered then is given up.</param>
    public Task StopAsync(TimeSpan grace)
    {
        lock (_gate)
            return _stopping ??= Task.Run(() => StopOnceAsync(grace));
    }

    /// <summary>Stops, if that was not done, without waiting for any tracker.</summary>
    public ValueTask DisposeAsync() => new(StopAsync(TimeSpan.Zero));

    private async Task StopOnceAsync(TimeSpan grace)
    {
        using var limit = new CancellationTokenSource(grace, _time);
        await _stop.CancelAsync();
        Change(() => { });
        if (_loop is not null)
            await _loop;
        IReadOnlyList<AnnounceAction> farewells;
        lock (_gate)
            farewells = _schedule.Stop();
        await Task.WhenAll(farewells.GroupBy(f => f.Tracker).Select(f => SayFarewellAsync(f, limit.Token)));
    }

    // Nobody waits for the answer, and a tracker that does not hear it forgets us in time.
    private async Task SayFarewellAsync(IEnumerable<AnnounceAction> farewells, CancellationToken limit)
    {
        try
        {
            foreach (AnnounceAction farewell in farewells)
                await _client.AnnounceAsync(farewell.Tracker, RequestFor(farewell), limit);
        }
        catch (Exception e) when (e is TrackerException or OperationCanceledException)
        {
        }
    }

    private async Task RunAsync()
    {
        CancellationToken stop = _stop.Token;
        while (true)
        {
            AnnounceAction? action;
            TimeSpan wait;
            CancellationToken wake;
            lock (_gate)
            {
                // Here, as whoever stops us wakes us in this lock afterwards: who looked before it could miss both and wait for the next announce.
                if (stop.IsCancellationRequested)
                    return;
                TimeSpan now = Now;
                _schedule.TryNext(now, out action);
                wait = _schedule.NextDue - now ?? Timeout.InfiniteTimeSpan;
                wake = _wake.Token;
            }

            if (action is not null)
                await AnnounceAsync(action, stop);
            else
                await Task.Delay(wait, _time, wake).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AnnounceAsync(AnnounceAction action, CancellationToken stop)
    {
        Report(action.Tracker, status => status with { State = TrackerState.Announcing, NextAnnounce = null });
        try
        {
            AnnounceResponse response = await _client.AnnounceAsync(action.Tracker, RequestFor(action), stop);
            lock (_gate)
                _schedule.Succeeded(Now, response);
            Report(action.Tracker, status => Working(status, response));
            if (response.Peers.Count > 0)
                _events.PeersFound(action.Tracker, response.Peers);
        }
        catch (TrackerException e)
        {
            lock (_gate)
                _schedule.Failed(Now, forGood: e.Kind is TrackerErrorKind.UnsupportedScheme or TrackerErrorKind.BadUrl);
            Report(action.Tracker, status => status with { State = TrackerState.Failed, Failure = e.Message, FailureKind = e.Kind });
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The schedule keeps the announce as under way: the tracker may have heard it, and is told that we leave.
        }
    }

    private TrackerStatus Working(TrackerStatus before, AnnounceResponse response) => before with
    {
        State = TrackerState.Working,
        Message = response.WarningMessage,
        Failure = null,
        FailureKind = null,
        Seeds = response.Complete,
        Leeches = response.Incomplete,
        PeersReceived = response.Peers.Count,
        LastAnnounce = _time.GetUtcNow(),
        NotBefore = _time.GetUtcNow() + (response.MinInterval ?? _timing.DefaultMinInterval),
    };

    private AnnounceRequest RequestFor(AnnounceAction action)
    {
        AnnounceProgress progress = _progress();
        return new AnnounceRequest
        {
            InfoHash = _infoHash,
            PeerId = _peerId,
            Port = progress.Port,
            Uploaded = progress.Uploaded,
            Downloaded = progress.Downloaded,
            Left = progress.Left,
            Event = action.Event,
            NumWant = _stop.IsCancellationRequested ? 0 : PeersWanted,
            Key = _key,
            TrackerId = action.TrackerId,
        };
    }

    private void Report(Uri tracker, Func<TrackerStatus, TrackerStatus> change)
    {
        TrackerStatus status;
        lock (_gate)
        {
            _statuses[tracker] = change(_statuses[tracker]);
            status = StatusOf(_schedule.Trackers.First(t => t.Url == tracker));
        }

        _events.TrackerChanged(status);
    }

    private TrackerStatus StatusOf(ScheduledTracker tracker)
    {
        TrackerStatus status = _statuses[tracker.Url];
        bool waits = _loop is not null && status.State != TrackerState.Announcing;
        return status with { NextAnnounce = waits && _schedule.NextFor(tracker) is { } next ? _time.GetUtcNow() + (next - Now) : null };
    }

    /// <summary>Changes the schedule and has the pump look at it anew.</summary>
    private void Change(Action change)
    {
        CancellationTokenSource woken;
        lock (_gate)
        {
            change();
            woken = _wake;
            _wake = new CancellationTokenSource();
        }

        woken.Cancel();
        woken.Dispose();
    }
}
