using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Policy.Addresses;

namespace TorrentPS.Engine.Session;

/// <summary>
/// The peer sources that the session's settings enable for public torrents: DHT, local discovery, peer cache. Private
/// torrents must not use them (BEP 27). Torrents read the properties again after each change of the session's settings.
/// </summary>
internal sealed class EnabledPeerSources : IAsyncDisposable
{
    private readonly NetworkBinding _binding;
    private readonly AddressFilter _filter;
    private readonly ExternalAddress _externalAddress;
    private readonly string _stateFolder;
    private readonly TimeProvider _time;
    private SessionSettings _settings;
    private volatile DhtService? _dht;
    private volatile LocalDiscovery? _localDiscovery;
    private volatile IPeerCache? _peerCache;

    public EnabledPeerSources(
        SessionSettings settings,
        NetworkBinding binding,
        AddressFilter filter,
        ExternalAddress externalAddress,
        string stateFolder,
        TimeProvider time)
    {
        _settings = settings;
        _binding = binding;
        _filter = filter;
        _externalAddress = externalAddress;
        _stateFolder = stateFolder;
        _time = time;
        _localDiscovery = settings.EnableLsd ? MakeLocalDiscovery() : null;
        _peerCache = MakePeerCache(settings);
    }

    /// <summary>The DHT service; null until <see cref="OpenDht"/> has opened it, and while the DHT is off.</summary>
    public DhtService? Dht => _dht;

    /// <summary>
    /// Local service discovery (BEP 14); null while it is off. Its sockets are opened when the first torrent is added
    /// to it.
    /// </summary>
    public LocalDiscovery? LocalDiscovery => _localDiscovery;

    public IPeerCache? PeerCache => _peerCache;

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
            Binding = _binding,
            Filter = _filter,
            Port = port,
            Bootstrap = _settings.DhtBootstrap,
            TableFile = Path.Combine(_stateFolder, "dht.dat"),
            Time = _time,
            ExternalAddressFound = address => _externalAddress.AddVote(
                ExternalAddressSource.Dht, address.AddressFamily, address),
        });
        foreach (ExternalAddressStatus known in _externalAddress.Known)
            _dht?.UseExternalAddress(known.Address);
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
            removed.Add(_peerCache);
            _peerCache = MakePeerCache(settings);
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

    /// <summary>
    /// Replaces local discovery and removes the DHT service, because their sockets are bound to an interface that no
    /// longer exists. If a torrent needs the DHT, the caller then calls <see cref="OpenDht"/>. The peer cache opens a
    /// new connection by itself.
    /// </summary>
    /// <returns>The replaced peer sources. The caller disposes them when no torrent uses them any more.</returns>
    public IReadOnlyList<IAsyncDisposable> Rebind()
    {
        IAsyncDisposable?[] removed = [_localDiscovery, _dht];
        _localDiscovery = _settings.EnableLsd ? MakeLocalDiscovery() : null;
        _dht = null;
        return [.. removed.OfType<IAsyncDisposable>()];
    }

    public async ValueTask DisposeAsync()
    {
        if (_localDiscovery is not null)
            await _localDiscovery.DisposeAsync();
        if (_dht is not null)
            await _dht.DisposeAsync();
        if (_peerCache is not null)
            await _peerCache.DisposeAsync();
    }

    /// <summary>
    /// Creates local discovery with random numbers that don't depend on the session's seed. LSD recognises this
    /// client's own announces by a random cookie, which must differ between sessions with the same seed.
    /// </summary>
    private LocalDiscovery MakeLocalDiscovery() => new(_binding, _time, Random.Shared);

    private IPeerCache? MakePeerCache(SessionSettings settings)
    {
        if (!settings.PeerCache.IsEnabled)
            return null;
        PeerCacheUri? server = settings.PeerCache.Server is { } uri ? PeerCacheUri.Parse(uri) : null;
        var local = new FilePeerCache(Path.Combine(_stateFolder, "peers"), _time);
        return server is null ? local : new RedisPeerCache(local, server, _binding, _time);
    }
}
