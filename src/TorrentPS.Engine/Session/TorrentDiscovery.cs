using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Announces one torrent to its trackers, the DHT and the local networks, and reads the peer cache. Passes the peer
/// addresses that it finds to the torrent. A private torrent uses only its trackers (BEP 27).
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "EndAsync stops the announcers when the torrent ends.")]
internal sealed class TorrentDiscovery
{
    private readonly InfoHash _infoHash;
    private readonly SessionResources _session;
    private readonly IDiscoveryUser _user;
    private readonly TorrentTrackers _trackers;
    private volatile bool _isPrivate;
    private readonly Lock _gate = new();

    /// <summary>The local discovery to which this torrent was added; null if it was not added.</summary>
    private LocalDiscovery? _localDiscovery;
    private DhtAnnouncer? _dht;

    /// <summary>
    /// The peer cache that was last read. Null while the torrent is not announced or uses no peer cache.
    /// </summary>
    private IPeerCache? _readCache;

    /// <summary>Cancels the work that <see cref="Start"/> began; null while the torrent is not announced.</summary>
    private CancellationTokenSource? _announced;
    private Task _working = Task.CompletedTask;
    private Task _leaving = Task.CompletedTask;

    public TorrentDiscovery(
        InfoHash infoHash,
        IReadOnlyList<IReadOnlyList<string>> trackers,
        bool isPrivate,
        TorrentIdentity identity,
        SessionResources session,
        IDiscoveryUser user,
        Random random)
    {
        _infoHash = infoHash;
        _isPrivate = isPrivate;
        _session = session;
        _user = user;
        _trackers = new TorrentTrackers(infoHash, trackers, identity, session, user, random);
    }

    private TorrentPeerCache? PeerCache =>
        _session.PeerSources.PeerCache is { } cache
            ? new TorrentPeerCache(_infoHash, cache, _session.Time)
            : null;

    /// <summary>
    /// The torrent's trackers. Announces to them begin with <see cref="Start"/> and end after <see cref="Leave"/>.
    /// </summary>
    public TorrentTrackers Trackers => _trackers;

    /// <summary>
    /// Restricts the torrent to its trackers, because its metadata says that it is private (BEP 27). Stops using the
    /// other peer sources, and deletes the torrent's entry in the peer cache.
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
            _trackers.Start();
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
    /// Announces the event <c>completed</c> to the trackers. Does nothing while the torrent is not announced.
    /// </summary>
    public void NotifyCompleted() => _trackers.NotifyCompleted();

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
            _leaving = Task.WhenAll(_leaving, _trackers.EndAsync(), _working);
            _announced?.Cancel();
            _announced?.Dispose();
            _announced = null;
        }
    }

    /// <summary>Calls <see cref="Leave"/>, and completes when all announcers have stopped.</summary>
    public Task EndAsync()
    {
        Leave();
        return _leaving;
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

        if (sources.PeerCache is var cache && cache != _readCache)
        {
            _readCache = cache;
            if (PeerCache is { } peerCache)
                _working = Task.WhenAll(_working, FindCachedAsync(peerCache, _announced.Token));
        }
    }

    private void LeaveSources()
    {
        _localDiscovery?.Remove(_infoHash);
        (_localDiscovery, _readCache) = (null, null);
        LeaveDht();
    }

    private void LeaveDht()
    {
        if (_dht is null)
            return;
        _leaving = Task.WhenAll(_leaving, _dht.StopAsync());
        _dht = null;
    }
}
