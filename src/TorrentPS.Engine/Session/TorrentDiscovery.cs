using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Announces one torrent to its trackers, the DHT and the local networks, and reads the peer cache. Passes the peer
/// addresses that it finds to the torrent. A private torrent uses only its trackers (BEP 27).
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "EndAsync stops the announcers when the torrent ends.")]
internal sealed class TorrentDiscovery : ITrackerEvents
{
    /// <summary>
    /// Maximum time to wait for data from the peers of a cached tracker response. If no data was transferred by then,
    /// the next announce to the tracker is no longer delayed. Connecting to a peer and receiving its first blocks
    /// usually takes less than 10 s.
    /// </summary>
    private static readonly TimeSpan s_cachedResponseTimeout = TimeSpan.FromSeconds(10);

    private readonly InfoHash _infoHash;
    private readonly IReadOnlyList<IReadOnlyList<string>> _tiers;
    private readonly SessionResources _session;
    private readonly Random _random;
    private readonly IDiscoveryUser _user;
    private volatile bool _isPrivate;
    private readonly Lock _gate = new();
    private TrackerAnnouncer? _announcer;

    /// <summary>The local discovery to which this torrent was added; null if it was not added.</summary>
    private LocalDiscovery? _localDiscovery;
    private DhtAnnouncer? _dht;

    /// <summary>The peer caches that have been read since the torrent was announced; null if none.</summary>
    private PeerCaches? _readCaches;

    /// <summary>Cancels the work that <see cref="Start"/> began; null while the torrent is not announced.</summary>
    private CancellationTokenSource? _announced;
    private Task _working = Task.CompletedTask;
    private Task _leaving = Task.CompletedTask;

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

    /// <summary>
    /// The status of each tracker, with the result of the last announce to it; empty while the torrent is not announced
    /// to trackers.
    /// </summary>
    public IReadOnlyList<TrackerStatus> Trackers => _announcer?.Statuses ?? [];

    /// <summary>
    /// Restricts the torrent to its trackers, because its metadata says that it is private (BEP 27). Stops using the
    /// other peer sources, and deletes the torrent's entries in the peer caches.
    /// </summary>
    public void RestrictToTrackers()
    {
        _isPrivate = true;
        lock (_gate)
            LeaveSources();
        PeerCache?.Remove();
    }

    /// <summary>
    /// Starts to announce the torrent and to use the enabled peer sources. Does nothing if the torrent is already
    /// announced.
    /// </summary>
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
    /// Stops using peer sources that were switched off in the session's settings, and starts to use those that were
    /// switched on. Does nothing for a private torrent, and while the torrent is not announced.
    /// </summary>
    public void ApplySessionSettings()
    {
        lock (_gate)
            JoinSources();
    }

    /// <summary>
    /// Schedules announces of <c>completed</c> to the trackers, because the download is complete. Does nothing while
    /// the torrent is not announced.
    /// </summary>
    public void NotifyCompleted() => _announcer?.NotifyCompleted();

    /// <summary>
    /// Adds peers to the peer cache. Does nothing for a private torrent, and while the peer cache is off.
    /// </summary>
    public void CachePeers(IReadOnlyList<GoodPeer> peers)
    {
        if (!_isPrivate)
            PeerCache?.AddPeers(peers);
    }

    /// <summary>
    /// Stops using all peer sources, and starts to announce <c>stopped</c> to the trackers. Returns at once.
    /// <see cref="Start"/> may be called again.
    /// </summary>
    public void Leave()
    {
        lock (_gate)
        {
            LeaveSources();
            _leaving = Task.WhenAll(_leaving, LeaveTrackersAsync());
        }
    }

    /// <summary>Calls <see cref="Leave"/>, and completes when all announcers have stopped.</summary>
    public Task EndAsync()
    {
        Leave();
        return _leaving;
    }

    void ITrackerEvents.PeersFound(Uri tracker, IReadOnlyList<IPEndPoint> peers)
    {
        _user.PeersFound(peers, PeerSource.Tracker);
        if (!_isPrivate && Trackers.FirstOrDefault(status => status.Url == tracker) is { } status)
            PeerCache?.AddResponse(status, _user.Progress.Port, peers);
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
    /// Starts the announces to the trackers. If the peer cache has a tracker response that is still valid, its peers
    /// are used and the next announce to that tracker waits until its interval has passed. If no data is transferred
    /// within <see cref="s_cachedResponseTimeout"/>, the announce is no longer delayed.
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
        {
            cached = await peerCache.FindResponsePeersAsync(
                announcer, Tiers().SelectMany(tier => tier), _user.Progress.Port);
        }

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

        // If no cached peer transfers data, the announce is not delayed further.
        await Task.Delay(s_cachedResponseTimeout, _session.Time, cancellation)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!cancellation.IsCancellationRequested && _user.Progress is { Uploaded: 0, Downloaded: 0 })
            announcer.AnnounceNow();
    }

    /// <summary>
    /// Reads the peer cache and passes its peers to the torrent. Peers that arrive after cancellation are ignored.
    /// </summary>
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
    /// Passes peer addresses from the DHT, local discovery or the peer cache to the torrent. Ignores them if the
    /// downloaded metadata has shown that the torrent is private.
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
        if (sources.LocalDiscovery is var localDiscovery && localDiscovery != _localDiscovery)
        {
            _localDiscovery?.Remove(_infoHash);
            _localDiscovery = localDiscovery;
            localDiscovery?.Add(_infoHash, _user.Progress.Port, peers => Found(peers, PeerSource.Lsd));
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

        if (sources.PeerCaches is var caches && caches != _readCaches)
        {
            _readCaches = caches;
            if (PeerCache is { } peerCache)
                _working = Task.WhenAll(_working, FindCachedAsync(peerCache, _announced.Token));
        }
    }

    private void LeaveSources()
    {
        _localDiscovery?.Remove(_infoHash);
        (_localDiscovery, _readCaches) = (null, null);
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

    /// <summary>Returns the tracker URLs by tier (BEP 12), without invalid URLs.</summary>
    private IEnumerable<IEnumerable<Uri>> Tiers() => _tiers.Select(
        tier => tier.Select(text => Uri.TryCreate(text, UriKind.Absolute, out Uri? url) ? url : null).OfType<Uri>());
}
