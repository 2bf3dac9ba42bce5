using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Discovery;

namespace TorrentPS.Engine.Session;

/// <summary>
/// The peer sources that are open to all public torrents: DHT, local networks, peer cache. Torrents ask here each time for what there is, as the
/// settings can change while they run; private ones never do (BEP 27).
/// </summary>
internal sealed class EnabledPeerSources : IAsyncDisposable
{
    private readonly string _stateFolder;
    private readonly TimeProvider _time;
    private SessionSettings _settings;
    private volatile DhtService? _dht;
    private volatile LocalDiscovery? _localDiscovery;
    private volatile PeerCaches? _peerCaches;

    /// <param name="settings">What is used.</param>
    /// <param name="stateFolder">Where tables and peers are kept.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="SessionException">The peer cache's address can't be read.</exception>
    public EnabledPeerSources(SessionSettings settings, string stateFolder, TimeProvider time)
    {
        _settings = settings;
        _stateFolder = stateFolder;
        _time = time;
        _localDiscovery = settings.EnableLsd ? MakeLocalDiscovery() : null;
        _peerCaches = settings.EnablePeerCache ? OpenPeerCaches() : null;
    }

    /// <summary>The part in the DHT; null until it is opened, and while the DHT is off.</summary>
    public DhtService? Dht => _dht;

    /// <summary>The local networks; null while they are not to be used. No socket is open before a torrent uses it.</summary>
    public LocalDiscovery? LocalDiscovery => _localDiscovery;

    /// <summary>What is remembered; null while nothing is to be.</summary>
    public PeerCaches? PeerCaches => _peerCaches;

    /// <summary>Takes part in the DHT, if it does not already; to be called by one at a time, and not with <see cref="Use"/>.</summary>
    /// <param name="port">The UDP port to take if it is free.</param>
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

    /// <summary>Makes other settings hold. The DHT is not opened by it.</summary>
    /// <returns>What is used no more: to be ended when all torrents have let go of it.</returns>
    /// <exception cref="SessionException">The peer cache's address can't be read; nothing was changed.</exception>
    public IReadOnlyList<IAsyncDisposable> Use(SessionSettings settings)
    {
        SessionSettings before = _settings;
        _settings = settings;
        var gone = new List<IAsyncDisposable?>();
        if (MemoryOf(settings) != MemoryOf(before))
        {
            gone.Add(_peerCaches);
            _peerCaches = settings.EnablePeerCache ? OpenPeerCaches() : null;
        }

        if (settings.EnableLsd != before.EnableLsd)
        {
            gone.Add(_localDiscovery);
            _localDiscovery = settings.EnableLsd ? MakeLocalDiscovery() : null;
        }

        if (!settings.EnableDht)
        {
            gone.Add(_dht);
            _dht = null;
        }
        else if (!settings.DhtBootstrap.SequenceEqual(before.DhtBootstrap))
        {
            _dht?.UseBootstrap(settings.DhtBootstrap);
        }

        return [.. gone.OfType<IAsyncDisposable>()];
    }

    /// <summary>Ends all of them.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_localDiscovery is not null)
            await _localDiscovery.DisposeAsync();
        if (_dht is not null)
            await _dht.DisposeAsync();
        if (_peerCaches is not null)
            await _peerCaches.DisposeAsync();
    }

    /// <summary>What tells one memory from another; addresses that differ in a password alone are not the same.</summary>
    private static (bool, string?) MemoryOf(SessionSettings settings) => (settings.EnablePeerCache, settings.PeerCache?.OriginalString);

    /// <summary>Not of the session's seed: by what it draws it is told from others, whatever their seed.</summary>
    private LocalDiscovery MakeLocalDiscovery() => new(_settings.BindAddress, _time, Random.Shared);

    private PeerCaches OpenPeerCaches()
    {
        PeerCacheUri? server = _settings.PeerCache is { } uri ? AddressOf(uri) : null;
        var local = new FilePeerCache(Path.Combine(_stateFolder, "peers"), _time);
        return new PeerCaches(server is null ? local : new RedisPeerCache(local, server, _time), local);
    }

    private static PeerCacheUri AddressOf(Uri uri)
    {
        try
        {
            return PeerCacheUri.Parse(uri);
        }
        catch (FormatException error)
        {
            throw new SessionException(SessionErrorId.BadSettings, error.Message, error);
        }
    }
}

/// <summary>What a session remembers from one start to the next.</summary>
/// <param name="Peers">The peers that worked, shared with other hosts where there is a server.</param>
/// <param name="Local">What concerns this host alone; it ends with <paramref name="Peers"/>.</param>
internal sealed record PeerCaches(IPeerCache Peers, FilePeerCache Local) : IAsyncDisposable
{
    /// <summary>Ends when what can be written is.</summary>
    public ValueTask DisposeAsync() => Peers.DisposeAsync();
}
