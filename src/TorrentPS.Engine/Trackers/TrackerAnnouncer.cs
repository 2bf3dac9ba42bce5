using System.Net;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>
/// Announces one torrent to its trackers. A loop sends the announces of an <see cref="AnnounceSchedule"/>.
/// </summary>
internal sealed class TrackerAnnouncer : IAsyncDisposable
{
    /// <summary>
    /// Number of peers requested per announce (<c>numwant</c>). It exceeds the number of connections of most torrents,
    /// because not every returned peer can be reached.
    /// </summary>
    private const int PeersWanted = 200;

    /// <summary>
    /// Minimum time between two scrapes of a tracker. The counts change slowly, and a script may request the trackers'
    /// status every second.
    /// </summary>
    private static readonly TimeSpan s_scrapeInterval = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maximum time to announce <c>stopped</c> to a removed tracker. It is as long as the default of
    /// <see cref="SessionSettings.CloseGrace"/>.
    /// </summary>
    private static readonly TimeSpan s_removalGrace = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
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
    private Task _leaving = Task.CompletedTask;

    /// <summary>Creates an announcer. It sends nothing before <see cref="Start"/>.</summary>
    /// <param name="tiers">The tracker URLs by tier.</param>
    /// <param name="infoHash">The torrent's info hash.</param>
    /// <param name="peerId">This client's peer id in the torrent.</param>
    /// <param name="key">
    /// The parameter <c>key</c>, by which trackers recognize this client after a change of its address.
    /// </param>
    /// <param name="progress">Returns the values to announce; called from the loop.</param>
    /// <param name="client">Sends the announces.</param>
    /// <param name="events">Receives the peers and the results of announces.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Determines the order within tiers, and the random part of back-offs.</param>
    /// <param name="timing">The time limits; null for the defaults.</param>
    public TrackerAnnouncer(
        IEnumerable<IEnumerable<Uri>> tiers,
        InfoHash infoHash,
        PeerId peerId,
        uint key,
        Func<AnnounceProgress> progress,
        ITrackerClient client,
        ITrackerEvents events,
        TimeProvider time,
        Random random,
        AnnounceTiming? timing = null)
    {
        _schedule = new AnnounceSchedule(tiers, timing ?? new AnnounceTiming(), random);
        _statuses = _schedule.Trackers.ToDictionary(t => t.Url, t => new TrackerStatus { Url = t.Url, Tier = t.Tier });
        _client = client;
        _events = events;
        _infoHash = infoHash;
        _peerId = peerId;
        _progress = progress;
        _time = time;
        _key = key;
        _origin = time.GetTimestamp();
    }

    /// <summary>Gets the status of every tracker, in the order in which a round announces to them.</summary>
    public IReadOnlyList<TrackerStatus> Statuses
    {
        get
        {
            lock (_gate)
                return [.. _schedule.Trackers.Select(StatusOf)];
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    /// <summary>Starts the loop, which announces <c>started</c>. Further calls have no effect.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_stopping is null)
                _loop ??= Task.Run(RunAsync);
        }
    }

    /// <summary>
    /// Schedules announces with the event <c>completed</c>. Must be called when the download completes, but not for a
    /// torrent that was complete at the start.
    /// </summary>
    public void NotifyCompleted() => Change(() => _schedule.Completed(Now));

    /// <summary>Announces at once, or as soon as the tracker's minimum interval allows.</summary>
    /// <param name="force">Whether to ignore the minimum interval.</param>
    /// <returns>When the announce is sent; null if the torrent is not announced, or has no tracker.</returns>
    public DateTimeOffset? AnnounceNow(bool force)
    {
        TimeSpan? wait = null;
        Change(() =>
        {
            if (_loop is not null && _stopping is null && _schedule.Trackers.Any())
                wait = _schedule.AnnounceNow(Now, force) - Now;
        });
        return _time.GetUtcNow() + wait;
    }

    /// <summary>Adds a tracker, and announces the torrent to that tracker at once.</summary>
    /// <returns>False if the URL is in the list already, or the list is full.</returns>
    public bool Add(Uri url, int? tier)
    {
        bool isAdded = false;
        Change(() =>
        {
            if (_schedule.Add(url, tier) is not { } added)
                return;
            _statuses[url] = new TrackerStatus { Url = url, Tier = added.Tier };
            isAdded = true;
        });
        return isAdded;
    }

    /// <summary>
    /// Removes a tracker. If the tracker has responded to an announce, announces <c>stopped</c> to it, without waiting
    /// for the response.
    /// </summary>
    /// <returns>False if the URL is not in the list.</returns>
    public bool Remove(Uri url)
    {
        bool isRemoved = false;
        Change(() =>
        {
            isRemoved = _statuses.Remove(url);
            if (_schedule.Remove(url) is { } stopped)
                _leaving = Task.WhenAll(_leaving, AnnounceStoppedAsync(stopped));
        });
        return isRemoved;
    }

    /// <summary>Scrapes all trackers at the same time, except those scraped a short time ago.</summary>
    /// <param name="timeout">Maximum time to wait for a tracker.</param>
    /// <param name="cancellation">Cancels the scrapes.</param>
    public async Task ScrapeAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        IEnumerable<TrackerStatus> due = Statuses.Where(
            status => status.LastScrape is not { } last || _time.GetUtcNow() - last >= s_scrapeInterval);
        await Task.WhenAll(due.Select(async status =>
        {
            var scrape = await TrackerScrape.QueryAsync(_client, status.Url, _infoHash, timeout, _time, cancellation);
            Report(status.Url, scrape.ApplyTo);
        }));
    }

    /// <summary>
    /// Stops the loop and announces <c>stopped</c> to every tracker that responded to <c>started</c>.
    /// </summary>
    /// <param name="grace">
    /// Maximum time for these announces. Announces without a response by then are cancelled.
    /// </param>
    public Task StopAsync(TimeSpan grace)
    {
        lock (_gate)
            return _stopping ??= Task.Run(() => StopOnceAsync(grace));
    }

    /// <summary>Stops the loop without waiting for responses to final announces.</summary>
    public ValueTask DisposeAsync() => new(StopAsync(TimeSpan.Zero));

    private async Task StopOnceAsync(TimeSpan grace)
    {
        using var limit = new CancellationTokenSource(grace, _time);
        await _stop.CancelAsync();
        Change(() => { });
        if (_loop is not null)
            await _loop;
        IReadOnlyList<AnnounceAction> finalAnnounces;
        lock (_gate)
            finalAnnounces = _schedule.Stop();
        await Task.WhenAll(finalAnnounces.GroupBy(f => f.Tracker).Select(f => AnnounceFinalAsync(f, limit.Token)));
        await _leaving.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Errors are ignored: a tracker that doesn't receive these announces drops this client after a while.
    private async Task AnnounceFinalAsync(IEnumerable<AnnounceAction> finalAnnounces, CancellationToken limit)
    {
        try
        {
            foreach (AnnounceAction announce in finalAnnounces)
                await _client.AnnounceAsync(announce.Tracker, RequestFor(announce), limit);
        }
        catch (Exception e) when (e is TrackerException or OperationCanceledException)
        {
        }
    }

    private async Task AnnounceStoppedAsync(AnnounceAction stopped)
    {
        using var limit = new CancellationTokenSource(s_removalGrace, _time);
        await AnnounceFinalAsync([stopped], limit.Token);
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
                // Checked under the lock, because a stop cancels first and wakes the loop under this lock afterwards. A
                // check before the lock could miss both.
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
            bool isRemoved;
            lock (_gate)
            {
                _schedule.Succeeded(Now, response);
                isRemoved = !_statuses.ContainsKey(action.Tracker);
            }

            if (isRemoved)
            {
                var stopped = new AnnounceAction(action.Tracker, AnnounceEvent.Stopped, response.TrackerId);
                await AnnounceStoppedAsync(stopped);
                return;
            }

            _events.Announced(Report(action.Tracker, status => Working(status, response)));
            if (response.ExternalAddress is { } address)
                _events.ExternalAddressReported(action.Tracker, address);
            if (response.Peers.Count > 0)
                _events.PeersFound(action.Tracker, response.Peers);
        }
        catch (TrackerException e)
        {
            lock (_gate)
                _schedule.Failed(
                    Now, isPermanent: e.Kind is TrackerErrorKind.UnsupportedScheme or TrackerErrorKind.BadUrl);
            _events.Announced(Report(
                action.Tracker,
                status => status with { State = TrackerState.Failed, Failure = e.Message, FailureKind = e.Kind }));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The tracker may have received the announce, so the schedule keeps it in progress and <c>stopped</c> will
            // follow.
        }
    }

    private TrackerStatus Working(TrackerStatus before, AnnounceResponse response) => before with
    {
        State = TrackerState.Working,
        Message = response.WarningMessage is { } warning ? DisplayUrl.HideIn(warning, before.Url) : null,
        Failure = null,
        FailureKind = null,
        Seeds = response.Complete ?? before.Seeds,
        Leeches = response.Incomplete ?? before.Leeches,
        PeersReceived = response.Peers.Count,
        LastAnnounce = _time.GetUtcNow(),
        NotBefore = _time.GetUtcNow() + response.MinInterval,
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

    private TrackerStatus Report(Uri tracker, Func<TrackerStatus, TrackerStatus> change)
    {
        lock (_gate)
        {
            // A tracker may be removed during an announce or a scrape. Its status is then no longer kept.
            if (!_statuses.TryGetValue(tracker, out TrackerStatus? status))
                return change(new TrackerStatus { Url = tracker, Tier = 0 });
            return _statuses[tracker] = change(status);
        }
    }

    private TrackerStatus StatusOf(ScheduledTracker tracker)
    {
        TrackerStatus status = _statuses[tracker.Url];
        bool waits = _loop is not null && status.State != TrackerState.Announcing;
        TimeSpan? next = waits ? _schedule.NextFor(tracker) - Now : null;
        return status with { NextAnnounce = _time.GetUtcNow() + next };
    }

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

/// <summary>The values that a torrent announces to its trackers.</summary>
/// <param name="Uploaded">Number of payload bytes sent since the torrent was started.</param>
/// <param name="Downloaded">Number of payload bytes received since the torrent was started.</param>
/// <param name="Left">Number of bytes that are missing until the torrent is complete.</param>
/// <param name="Port">The TCP port that the session listens on.</param>
internal readonly record struct AnnounceProgress(long Uploaded, long Downloaded, long Left, ushort Port);

/// <summary>
/// Receives the results of a torrent's announces. The announcer's loop makes one call at a time. Implementations must
/// return quickly and must not throw.
/// </summary>
internal interface ITrackerEvents
{
    /// <summary>Called when a tracker has returned at least one peer.</summary>
    void PeersFound(Uri tracker, IReadOnlyList<IPEndPoint> peers);

    /// <summary>Called when a tracker has reported this client's external address (BEP 24).</summary>
    void ExternalAddressReported(Uri tracker, IPAddress address);

    /// <summary>Called when a tracker has responded to an announce, or the announce has failed.</summary>
    /// <param name="status">
    /// The tracker's status. <see cref="TrackerStatus.State"/> tells whether the announce succeeded.
    /// </param>
    void Announced(TrackerStatus status);
}
