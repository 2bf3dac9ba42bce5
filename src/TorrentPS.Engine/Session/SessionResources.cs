using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>What all torrents of a session share.</summary>
internal sealed class SessionResources : IAsyncDisposable
{
    private readonly TrackerClient _trackers;
    private readonly StorageExecutor _storage = new();
    private volatile DhtService? _dht;

    public SessionResources(SessionSettings settings, TimeProvider time)
    {
        Settings = settings;
        Time = time;
        Random = settings.RandomSeed is { } seed ? new Random(seed) : new Random();
        Blocks = new BlockPool(settings.BlockMemory);
        Download = new RateLimit(null, settings.DownloadLimit, time);
        Upload = new RateLimit(null, settings.UploadLimit, time);
        Connections = new ConnectionBudget(settings.MaxConnections, settings.MaxHalfOpen);
        _trackers = new TrackerClient(new TrackerClientOptions { BindAddress = settings.BindAddress, Time = time });
        PeerId = OwnPeerId.Make(Random);
        StateFolder = settings.StateFolder ?? SessionSettings.DefaultStateFolder;
        Metadata = new MetadataFolder(Path.Combine(StateFolder, "metadata"), settings.MaxMetadataSize);

        // Not of the session's seed: by what it draws it is told from others, whatever their seed.
        LocalDiscovery = settings.EnableLsd ? new LocalDiscovery(settings.BindAddress, time, System.Random.Shared) : null;
        if (!settings.EnablePeerCache)
            return;
        PeerCacheUri? shared = settings.PeerCache is { } uri ? AddressOf(uri) : null;
        LocalMemory = new FilePeerCache(Path.Combine(StateFolder, "peers"), time);
        PeerCache = shared is not null ? new RedisPeerCache(LocalMemory, shared, time) : LocalMemory;
    }

    public SessionSettings Settings { get; }

    public TimeProvider Time { get; }

    public Random Random { get; }

    public BlockPool Blocks { get; }

    public RateLimit Download { get; }

    public RateLimit Upload { get; }

    public ConnectionBudget Connections { get; }

    public MetadataFolder Metadata { get; }

    public IStorageExecutor Storage => _storage;

    public ITrackerClient Trackers => _trackers;

    /// <summary>The session's part in the DHT; null until it is opened.</summary>
    public DhtService? Dht => _dht;

    public PeerId PeerId { get; }

    public string StateFolder { get; }

    /// <summary>The local networks; null when they are not to be used. No socket is open before a torrent uses it.</summary>
    public LocalDiscovery? LocalDiscovery { get; }

    /// <summary>Takes part in the DHT, if it does not already; to be called by one at a time.</summary>
    /// <param name="port">The UDP port to take if it is free.</param>
    /// <returns>Null when no UDP port can be bound.</returns>
    public DhtService? OpenDht(int port)
    {
        if (_dht is not null)
            return _dht;
        _dht = DhtService.TryOpen(new DhtServiceSettings
        {
            BindAddress = Settings.BindAddress,
            Port = port,
            Bootstrap = Settings.DhtBootstrap,
            TableFile = Path.Combine(StateFolder, "dht.dat"),
            Time = Time,
        });
        _dht?.Start();
        return _dht;
    }

    /// <summary>The peers that worked; null when none are to be remembered.</summary>
    public IPeerCache? PeerCache { get; }

    /// <summary>What concerns this host alone; null when nothing is to be remembered.</summary>
    public FilePeerCache? LocalMemory { get; }

    public async ValueTask DisposeAsync()
    {
        if (LocalDiscovery is not null)
            await LocalDiscovery.DisposeAsync();
        if (_dht is not null)
            await _dht.DisposeAsync();
        if (PeerCache is not null)
            await PeerCache.DisposeAsync();
        _trackers.Dispose();
        _storage.Dispose();
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
