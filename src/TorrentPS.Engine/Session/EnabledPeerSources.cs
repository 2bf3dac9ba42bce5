using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Discovery;

namespace TorrentPS.Engine.Session;

/// <summary>
/// The peer sources that the session's settings enable for public torrents: DHT, local discovery, peer cache. Torrents
/// read them anew after each change of the session's settings. Private torrents must not use them (BEP 27).
/// </summary>
internal sealed class EnabledPeerSources : IAsyncDisposable
{
    private readonly string _stateFolder;
    private readonly TimeProvider _time;
    private SessionSettings _settings;
    private volatile DhtService? _dht;
    private volatile LocalDiscovery? _localDiscovery;
    private volatile PeerCaches? _peerCaches;

    public EnabledPeerSources(SessionSettings settings, string stateFolder, TimeProvider time)
    {
        _settings = settings;
        _stateFolder = stateFolder;
        _time = time;
        _localDiscovery = settings.EnableLsd ? MakeLocalDiscovery() : null;
        _peerCaches = MakePeerCaches(settings);
    }

    /// <summary>The DHT nodes; null before <see cref="OpenDht"/> and while the DHT is off.</summary>
    public DhtService? Dht => _dht;

    /// <summary>
    /// Local service discovery (BEP 14); null while it is off. It opens its sockets with the first torrent.
    /// </summary>
    public LocalDiscovery? LocalDiscovery => _localDiscovery;

    /// <summary>The peer caches; null while they are off.</summary>
    public PeerCaches? PeerCaches => _peerCaches;

    /// <summary>
    /// Opens the DHT nodes unless they are open. The caller must not run this and <see cref="ApplySettings"/> at the
    /// same time.
    /// </summary>
    /// <param name="port">Preferred UDP port; another one is taken when it is in use.</param>
    /// <returns>Null when no UDP port can be bound.</returns>
    public DhtService? OpenDht(int port)
    {
        if (_dht is not null)
            return _dht;
        _dht = DhtService.TryOpen(new DhtServiceSettings
        {
            BindAddress = _settings.BindAddress,
            Port = port,
            Bootstrap = _settings.DhtBootstrap,
            TableFile = Path.Combine(_stateFolder, "dht.dat"),
            Time = _time,
        });
        _dht?.Start();
        return _dht;
    }

    /// <summary>
    /// Opens and removes sources according to the new settings. Does not open the DHT: <see cref="OpenDht"/> does.
    /// </summary>
    /// <returns>The removed sources. The caller disposes them when no torrent uses them.</returns>
    public IReadOnlyList<IAsyncDisposable> ApplySettings(SessionSettings settings)
    {
        SessionSettings before = _settings;
        var dropped = new List<IAsyncDisposable?>();
        if (settings.PeerCache != before.PeerCache)
        {
            dropped.Add(_peerCaches);
            _peerCaches = MakePeerCaches(settings);
        }

        _settings = settings;
        if (settings.EnableLsd != before.EnableLsd)
        {
            dropped.Add(_localDiscovery);
            _localDiscovery = settings.EnableLsd ? MakeLocalDiscovery() : null;
        }

        if (!settings.EnableDht)
        {
            dropped.Add(_dht);
            _dht = null;
        }
        else if (!settings.DhtBootstrap.SequenceEqual(before.DhtBootstrap))
        {
            _dht?.UseBootstrap(settings.DhtBootstrap);
        }

        return [.. dropped.OfType<IAsyncDisposable>()];
    }

    public async ValueTask DisposeAsync()
    {
        if (_localDiscovery is not null)
            await _localDiscovery.DisposeAsync();
        if (_dht is not null)
            await _dht.DisposeAsync();
        if (_peerCaches is not null)
            await _peerCaches.DisposeAsync();
    }

    /// <summary>
    /// Uses the process's random numbers, not the session's seed: LSD recognises this client's own announces by a
    /// random cookie, which must differ between sessions with the same seed.
    /// </summary>
    private LocalDiscovery MakeLocalDiscovery() => new(_settings.BindAddress, _time, Random.Shared);

    private PeerCaches? MakePeerCaches(SessionSettings settings)
    {
        if (!settings.PeerCache.IsEnabled)
            return null;
        PeerCacheUri? server = settings.PeerCache.Server is { } uri ? PeerCacheUri.Parse(uri) : null;
        var local = new FilePeerCache(Path.Combine(_stateFolder, "peers"), _time);
        return new PeerCaches(server is null ? local : new RedisPeerCache(local, server, _time), local);
    }
}

/// <summary>A session's peer caches.</summary>
/// <param name="Peers">
/// Useful peers: on the Redis server if one is set, else in <paramref name="Local"/>.
/// </param>
/// <param name="Local">Data of this host only: the trackers' answers. <paramref name="Peers"/> disposes it.</param>
internal sealed record PeerCaches(IPeerCache Peers, FilePeerCache Local) : IAsyncDisposable
{
    /// <summary>Writes what is pending, as far as the caches can be reached, and closes them.</summary>
    public ValueTask DisposeAsync() => Peers.DisposeAsync();
}
