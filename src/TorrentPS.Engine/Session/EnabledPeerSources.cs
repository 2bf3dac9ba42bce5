using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Discovery;

namespace TorrentPS.Engine.Session;

/// <summary>
/// The peer sources that the session's settings enable for public torrents: DHT, local discovery, peer cache. Private
/// torrents must not use them (BEP 27). Torrents read the properties again after each change of the session's settings.
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

    /// <summary>The DHT service; null until <see cref="OpenDht"/> has opened it, and while the DHT is off.</summary>
    public DhtService? Dht => _dht;

    /// <summary>
    /// Local service discovery (BEP 14); null while it is off. Its sockets are opened when the first torrent is added
    /// to it.
    /// </summary>
    public LocalDiscovery? LocalDiscovery => _localDiscovery;

    public PeerCaches? PeerCaches => _peerCaches;

    /// <summary>
    /// Opens and starts the DHT service unless it is open. This method must not run at the same time as
    /// <see cref="ApplySettings"/>.
    /// </summary>
    /// <param name="port">Preferred UDP port. If it is in use, another port is used.</param>
    /// <returns>The DHT service; null when no UDP port can be bound.</returns>
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
    /// Creates the peer sources that the new settings switch on, and removes those that they switch off or change. The
    /// DHT is not opened by this method but by <see cref="OpenDht"/>. If it is open, it receives changed bootstrap
    /// nodes.
    /// </summary>
    /// <returns>The removed peer sources. The caller disposes them when no torrent uses them any more.</returns>
    public IReadOnlyList<IAsyncDisposable> ApplySettings(SessionSettings settings)
    {
        SessionSettings before = _settings;
        var removed = new List<IAsyncDisposable?>();
        if (settings.PeerCache != before.PeerCache)
        {
            removed.Add(_peerCaches);
            _peerCaches = MakePeerCaches(settings);
        }

        _settings = settings;
        if (settings.EnableLsd != before.EnableLsd)
        {
            removed.Add(_localDiscovery);
            _localDiscovery = settings.EnableLsd ? MakeLocalDiscovery() : null;
        }

        if (!settings.EnableDht)
        {
            removed.Add(_dht);
            _dht = null;
        }
        else if (!settings.DhtBootstrap.SequenceEqual(before.DhtBootstrap))
        {
            _dht?.UseBootstrap(settings.DhtBootstrap);
        }

        return [.. removed.OfType<IAsyncDisposable>()];
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
    /// Creates local discovery with random numbers that don't depend on the session's seed. LSD recognises this
    /// client's own announces by a random cookie, which must differ between sessions with the same seed.
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
/// Cache of peers: on the Redis server if one is set, otherwise the same object as <paramref name="Local"/>.
/// </param>
/// <param name="Local">
/// Cache in the state folder, for data that is valid on this host only: the responses of trackers. It is disposed with
/// <paramref name="Peers"/>.
/// </param>
internal sealed record PeerCaches(IPeerCache Peers, FilePeerCache Local) : IAsyncDisposable
{
    /// <summary>
    /// Writes pending changes and closes the caches. Changes that a Redis server does not accept in time are not
    /// written to it.
    /// </summary>
    public ValueTask DisposeAsync() => Peers.DisposeAsync();
}
