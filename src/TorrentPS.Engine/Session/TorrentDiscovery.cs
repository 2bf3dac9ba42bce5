using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Everything that finds peers for one torrent, and has it found by others, from the first time that it starts to the last time that it
/// leaves. A private torrent uses its trackers alone (BEP 27).
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "What it owns is stopped in EndAsync, which every torrent comes to.")]
internal sealed class TorrentDiscovery : ITrackerEvents
{
    /// <summary>How long remembered peers may take to prove of use before the trackers are asked for others.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly InfoHash _infoHash;
    private readonly IReadOnlyList<IReadOnlyList<string>> _tiers;
    private readonly SessionResources _session;
    private readonly Random _random;
    private readonly IDiscoveryUser _user;
    private volatile bool _isPrivate;
    private readonly Lock _gate = new();
    private TrackerAnnouncer? _announcer;

    /// <summary>What the torrent takes part in now: of the session's sources those that it found when it last looked.</summary>
    private LocalDiscovery? _localDiscovery;
    private DhtAnnouncer? _dht;
    private PeerCaches? _recalled;

    /// <summary>Ends what belongs to our being here; null while we are not.</summary>
    private CancellationTokenSource? _here;
    private Task _working = Task.CompletedTask;
    private Task _leaving = Task.CompletedTask;

    /// <param name="infoHash">The torrent, as handshakes and trackers name it.</param>
    /// <param name="trackers">Tracker addresses by tiers; those that can't be read are passed over.</param>
    /// <param name="isPrivate">Whether peers may come from the trackers alone.</param>
    /// <param name="session">What all torrents share.</param>
    /// <param name="user">For whom.</param>
    /// <param name="random">Its own randomness.</param>
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

    /// <summary>Whether peers may come from the trackers alone.</summary>
    public bool IsPrivate => _isPrivate;

    private TorrentPeerCache? PeerCache =>
        _session.PeerSources.PeerCaches is { } caches ? new TorrentPeerCache(_infoHash, caches.Peers, caches.Local, _session.Time) : null;

    /// <summary>What each tracker last said; empty while they are not told.</summary>
    public IReadOnlyList<TrackerStatus> Trackers => _announcer?.Statuses ?? [];

    /// <summary>
    /// Restricts the torrent to its trackers, because its metadata says that it is private (BEP 27). Leaves the other peer sources, and
    /// deletes the torrent's entry in the peer cache.
    /// </summary>
    public void UsePrivate()
    {
        _isPrivate = true;
        lock (_gate)
            LeaveSources();
        PeerCache?.Forget();
    }

    /// <summary>Tells that we are here, and goes on telling; nothing more while it does so already.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_here is not null)
                return;
            _here = new CancellationTokenSource();
            _working = Task.WhenAll(_working, AnnounceAsync(_here.Token));
            JoinSources();
        }
    }

    /// <summary>Leaves the sources that the session no longer uses, and joins those that it uses now.</summary>
    public void UseSession()
    {
        lock (_gate)
            JoinSources();
    }

    /// <summary>Tells that we have everything now.</summary>
    public void NotifyCompleted() => _announcer?.NotifyCompleted();

    /// <summary>Remembers peers that worked, for the next start.</summary>
    public void Remember(IReadOnlyList<GoodPeer> peers)
    {
        if (!_isPrivate)
            PeerCache?.Remember(peers);
    }

    /// <summary>Begins to tell that we leave for now.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            LeaveSources();
            _leaving = Task.WhenAll(_leaving, LeaveTrackersAsync());
        }
    }

    /// <summary>Tells that we leave; ends when all farewells are said or given up.</summary>
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

    /// <summary>Tells the trackers; those that were told a moment ago, before a restart, when they want to be told again.</summary>
    private async Task AnnounceAsync(CancellationToken here)
    {
        if (_tiers.Count == 0)
            return;
        var announcer = new TrackerAnnouncer(
            Tiers(), _infoHash, _session.PeerId, () => _user.Progress, _session.Trackers, this, _session.Time, new Random(_random.Next()));
        IReadOnlyList<IPEndPoint> remembered = [];
        if (!_isPrivate && PeerCache is { } peerCache)
            remembered = await peerCache.RecallAsync(announcer, Tiers().SelectMany(tier => tier), _user.Progress.Port);
        lock (_gate)
        {
            if (here.IsCancellationRequested)
                return;
            _announcer = announcer;
            announcer.Start();
        }

        if (remembered.Count == 0)
            return;
        Found(remembered, PeerSource.Resume);

        // Peers that are all gone are no reason to wait for others.
        await Task.Delay(s_patience, _session.Time, here).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!here.IsCancellationRequested && _user.Progress is { Uploaded: 0, Downloaded: 0 })
            announcer.AnnounceNow();
    }

    /// <summary>Calls those that worked before.</summary>
    private async Task RecallAsync(TorrentPeerCache peerCache, CancellationToken here)
    {
        await peerCache.FindAsync(
            peers =>
            {
                if (!here.IsCancellationRequested)
                    Found(peers, PeerSource.Resume);
            },
            CancellationToken.None);
    }

    /// <summary>Hands on what was found in a way that is open to all, unless the torrent has turned out to be private.</summary>
    private void Found(IReadOnlyList<IPEndPoint> peers, PeerSource source)
    {
        if (!_isPrivate)
            _user.PeersFound(peers, source);
    }

    private void JoinSources()
    {
        if (_isPrivate || _here is null)
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
                _dht = new DhtAnnouncer(dht, _infoHash, _user.Progress.Port, () => _user.Progress.Left == 0, peers => Found(peers, PeerSource.Dht), _session.Time);
        }

        if (sources.PeerCaches is var caches && caches != _recalled)
        {
            _recalled = caches;
            if (PeerCache is { } peerCache)
                _working = Task.WhenAll(_working, RecallAsync(peerCache, _here.Token));
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
        using CancellationTokenSource? here = _here;
        Task working = _working;
        TrackerAnnouncer? announcer = _announcer;
        (_here, _announcer) = (null, null);
        here?.Cancel();
        if (announcer is not null)
            await announcer.StopAsync(_session.Settings.CloseGrace);
        await working;
    }

    private IEnumerable<IEnumerable<Uri>> Tiers() => _tiers.Select(
        tier => tier.Select(text => Uri.TryCreate(text, UriKind.Absolute, out Uri? url) ? url : null).OfType<Uri>());
}
