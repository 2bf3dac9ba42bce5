using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Announces one torrent to its trackers, from the start of the torrent or its resumption to the next pause or the end.
/// Passes the peers that the trackers return to the torrent. Thread-safe.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "EndAsync stops the announcer when the torrent ends.")]
internal sealed class TorrentTrackers : ITrackerEvents
{
    private readonly InfoHash _infoHash;
    private readonly IReadOnlyList<IReadOnlyList<string>> _tiers;
    private readonly SessionResources _session;
    private readonly IDiscoveryUser _user;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private TrackerAnnouncer _announcer;
    private bool _isAnnounced;

    /// <summary>Completes when the <c>stopped</c> announces of all earlier announcers have ended.</summary>
    private Task _stopped = Task.CompletedTask;

    public TorrentTrackers(
        InfoHash infoHash,
        IReadOnlyList<IReadOnlyList<string>> tiers,
        SessionResources session,
        IDiscoveryUser user,
        Random random)
    {
        _infoHash = infoHash;
        _tiers = tiers;
        _session = session;
        _user = user;
        _random = random;
        _announcer = CreateAnnouncer();
    }

    /// <summary>
    /// The status of each tracker, with the result of the last announce to it. Pauses and the end of the torrent keep
    /// the results.
    /// </summary>
    public IReadOnlyList<TrackerStatus> Statuses
    {
        get
        {
            lock (_gate)
                return _announcer.Statuses;
        }
    }

    /// <summary>
    /// Announces <c>started</c> to the trackers at once. If <c>stopped</c> is still being announced, announces
    /// <c>started</c> after it, because a tracker drops a peer whose <c>stopped</c> arrives last. Does nothing if the
    /// torrent is announced already.
    /// </summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_isAnnounced)
                return;
            _isAnnounced = true;
            _announcer = CreateAnnouncer();
            _ = StartAfterAsync(_stopped, _announcer);
        }
    }

    /// <summary>
    /// Schedules announces of <c>completed</c>, because the download is complete. Does nothing while the torrent is not
    /// announced.
    /// </summary>
    public void NotifyCompleted()
    {
        lock (_gate)
        {
            if (_isAnnounced)
                _announcer.NotifyCompleted();
        }
    }

    /// <summary>Starts to announce <c>stopped</c>. Returns at once. <see cref="Start"/> may be called again.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (!_isAnnounced)
                return;
            _isAnnounced = false;
            _stopped = Task.WhenAll(_stopped, _announcer.StopAsync(_session.Settings.CloseGrace));
        }
    }

    /// <summary>
    /// Calls <see cref="Leave"/>. Completes when the trackers have answered <c>stopped</c>, at the latest after
    /// <see cref="SessionSettings.CloseGrace"/>.
    /// </summary>
    public Task EndAsync()
    {
        Leave();
        lock (_gate)
            return _stopped;
    }

    void ITrackerEvents.PeersFound(Uri tracker, IReadOnlyList<IPEndPoint> peers) =>
        _user.PeersFound(peers, PeerSource.Tracker);

    void ITrackerEvents.Announced(TrackerStatus status)
    {
        string tracker = EventMessages.Shorten(status.Url);
        if (status.State == TrackerState.Failed)
        {
            _user.Report(SessionEventKind.TrackerFailed, $"The announce to {tracker} failed: {status.Failure}");
            return;
        }

        string peers = status.PeersReceived == 1 ? "1 peer" : $"{status.PeersReceived} peers";
        string warning = status.Message is null ? "" : $" Warning: {status.Message}";
        _user.Report(SessionEventKind.TrackerAnswered, $"{tracker} answered with {peers}.{warning}");
    }

    private static async Task StartAfterAsync(Task stopped, TrackerAnnouncer announcer)
    {
        await stopped;
        announcer.Start();
    }

    private TrackerAnnouncer CreateAnnouncer() => new(
        Tiers(),
        _infoHash,
        _session.PeerId,
        () => _user.Progress,
        _session.Trackers,
        this,
        _session.Time,
        new Random(_random.Next()));

    /// <summary>Returns the tracker URLs by tier (BEP 12), without invalid URLs.</summary>
    private IEnumerable<IEnumerable<Uri>> Tiers() => _tiers.Select(
        tier => tier.Select(text => Uri.TryCreate(text, UriKind.Absolute, out Uri? url) ? url : null).OfType<Uri>());
}
