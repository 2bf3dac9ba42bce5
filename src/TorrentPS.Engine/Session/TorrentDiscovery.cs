using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Announces one torrent to its trackers, the DHT and the local networks, and passes the addresses they name on. A
/// private torrent uses only its trackers (BEP 27).
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "EndAsync stops the announcers when the torrent ends.")]
internal sealed class TorrentDiscovery : ITrackerEvents
{
    /// <summary>
    /// Time after which the trackers are announced to early when cached addresses led to no transfer. A connection and
    /// its first blocks take less.
    /// </summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly InfoHash _infoHash;
    private readonly IReadOnlyList<IReadOnlyList<string>> _tiers;
    private readonly SessionResources _session;
    private readonly Random _random;
    private readonly IDiscoveryUser _user;
    private volatile bool _isPrivate;
    private readonly Lock _gate = new();
    private TrackerAnnouncer? _announcer;

    /// <summary>The session's local discovery that this torrent has joined; null when it has joined none.</summary>
    private LocalDiscovery? _localDiscovery;
    private DhtAnnouncer? _dht;
    private PeerCaches? _recalled;

    /// <summary>Cancels the work of the current announcement; null while the torrent is not announced.</summary>
    private CancellationTokenSource? _announced;
    private Task _working = Task.CompletedTask;
    private Task _leaving = Task.CompletedTask;

    /// <param name="infoHash">The info hash that announces name.</param>
    /// <param name="trackers">Tracker URLs by tiers. Invalid URLs are skipped.</param>
    /// <param name="isPrivate">Whether only the trackers may be used (BEP 27).</param>
    /// <param name="session">The session's shared resources.</param>
    /// <param name="user">The torrent.</param>
    /// <param name="random">Randomness of the announce times.</param>
    public TorrentDiscovery(
        InfoHash infoHash,
        IReadOnlyList<IReadOnlyList<string>> trackers,
        bool isPrivate,
        SessionResources session,
        IDiscoveryUser user,
        Random random)
    {
        _infoHash = infoHash;
        _tiers = trackers;
        _isPrivate = isPrivate;
        _session = session;
        _user = user;
        _random = random;
    }

    private TorrentPeerCache? PeerCache =>
        _session.PeerSources.PeerCaches is { } caches
            ? new TorrentPeerCache(_infoHash, caches.Peers, caches.Local, _session.Time)
            : null;

    /// <summary>The result of the last announce to each tracker; empty while the torrent is not announced.</summary>
    public IReadOnlyList<TrackerStatus> Trackers => _announcer?.Statuses ?? [];

    /// <summary>
    /// Restricts the torrent to its trackers, because its metadata says that it is private (BEP 27). Leaves the other
    /// peer sources, and deletes the torrent's entry in the peer cache.
    /// </summary>
    public void UsePrivate()
    {
        _isPrivate = true;
        lock (_gate)
            LeaveSources();
        PeerCache?.Forget();
    }

    /// <summary>Starts to announce the torrent. Does nothing when it is announced already.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_announced is not null)
                return;
            _announced = new CancellationTokenSource();
            _working = Task.WhenAll(_working, AnnounceAsync(_announced.Token));
            JoinSources();
        }
    }

    /// <summary>
    /// Leaves peer sources that were switched off in the session, and joins those that were switched on.
    /// </summary>
    public void UseSession()
    {
        lock (_gate)
            JoinSources();
    }

    /// <summary>Announces to the trackers that the download is complete.</summary>
    public void NotifyCompleted() => _announcer?.NotifyCompleted();

    /// <summary>Adds peers to the peer cache. Does nothing for a private torrent.</summary>
    public void CachePeers(IReadOnlyList<GoodPeer> peers)
    {
        if (!_isPrivate)
            PeerCache?.Remember(peers);
    }

    /// <summary>Leaves all peer sources, and begins to announce to the trackers that the torrent stops.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            LeaveSources();
            _leaving = Task.WhenAll(_leaving, LeaveTrackersAsync());
        }
    }

    /// <summary>Does the same as <see cref="Leave"/>, and waits until all announcers have stopped.</summary>
    public Task EndAsync()
    {
        Leave();
        return _leaving;
    }

    void ITrackerEvents.PeersFound(Uri tracker, IReadOnlyList<IPEndPoint> peers)
    {
        _user.PeersFound(peers, PeerSource.Tracker);
        if (!_isPrivate && Trackers.FirstOrDefault(status => status.Url == tracker) is { } status)
            PeerCache?.Remember(status, _user.Progress.Port, peers);
    }

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

    /// <summary>
    /// Starts the announces to the trackers. After a restart, a tracker that answered a moment ago is not announced to
    /// before its interval has passed; its addresses are taken from the peer cache.
    /// </summary>
    private async Task AnnounceAsync(CancellationToken cancellation)
    {
        if (_tiers.Count == 0)
            return;
        var announcer = new TrackerAnnouncer(
            Tiers(),
            _infoHash,
            _session.PeerId,
            () => _user.Progress,
            _session.Trackers,
            this,
            _session.Time,
            new Random(_random.Next()));
        IReadOnlyList<IPEndPoint> cached = [];
        if (!_isPrivate && PeerCache is { } peerCache)
            cached = await peerCache.RecallAsync(announcer, Tiers().SelectMany(tier => tier), _user.Progress.Port);
        lock (_gate)
        {
            if (cancellation.IsCancellationRequested)
                return;
            _announcer = announcer;
            announcer.Start();
        }

        if (cached.Count == 0)
            return;
        Found(cached, PeerSource.Resume);

        // Cached addresses that all fail must not delay the announce.
        await Task.Delay(s_patience, _session.Time, cancellation)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!cancellation.IsCancellationRequested && _user.Progress is { Uploaded: 0, Downloaded: 0 })
            announcer.AnnounceNow();
    }

    /// <summary>Passes the addresses of the peer cache on.</summary>
    private async Task FindCachedAsync(TorrentPeerCache peerCache, CancellationToken cancellation)
    {
        await peerCache.FindAsync(
            peers =>
            {
                if (!cancellation.IsCancellationRequested)
                    Found(peers, PeerSource.Resume);
            },
            CancellationToken.None);
    }

    /// <summary>
    /// Passes addresses of a public source on, unless the torrent has turned out to be private meanwhile.
    /// </summary>
    private void Found(IReadOnlyList<IPEndPoint> peers, PeerSource source)
    {
        if (!_isPrivate)
            _user.PeersFound(peers, source);
    }

    private void JoinSources()
    {
        if (_isPrivate || _announced is null)
            return;
        EnabledPeerSources sources = _session.PeerSources;
        if (sources.LocalDiscovery is var networks && networks != _localDiscovery)
        {
            _localDiscovery?.Remove(_infoHash);
            _localDiscovery = networks;
            networks?.Add(_infoHash, _user.Progress.Port, peers => Found(peers, PeerSource.Lsd));
        }

        if (sources.Dht is var dht && dht != _dht?.Dht)
        {
            LeaveDht();
            if (dht is not null)
            {
                _dht = new DhtAnnouncer(
                    dht,
                    _infoHash,
                    _user.Progress.Port,
                    () => _user.Progress.Left == 0,
                    peers => Found(peers, PeerSource.Dht),
                    _session.Time);
            }
        }

        if (sources.PeerCaches is var caches && caches != _recalled)
        {
            _recalled = caches;
            if (PeerCache is { } peerCache)
                _working = Task.WhenAll(_working, FindCachedAsync(peerCache, _announced.Token));
        }
    }

    private void LeaveSources()
    {
        _localDiscovery?.Remove(_infoHash);
        (_localDiscovery, _recalled) = (null, null);
        LeaveDht();
    }

    private void LeaveDht()
    {
        if (_dht is null)
            return;
        _leaving = Task.WhenAll(_leaving, _dht.StopAsync());
        _dht = null;
    }

    private async Task LeaveTrackersAsync()
    {
        using CancellationTokenSource? announced = _announced;
        Task working = _working;
        TrackerAnnouncer? announcer = _announcer;
        (_announced, _announcer) = (null, null);
        announced?.Cancel();
        if (announcer is not null)
            await announcer.StopAsync(_session.Settings.CloseGrace);
        await working;
    }

    private IEnumerable<IEnumerable<Uri>> Tiers() => _tiers.Select(
        tier => tier.Select(text => Uri.TryCreate(text, UriKind.Absolute, out Uri? url) ? url : null).OfType<Uri>());
}
