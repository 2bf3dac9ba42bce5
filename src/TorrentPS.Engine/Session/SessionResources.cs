using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage.Pieces;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>What all torrents of a session share.</summary>
internal sealed class SessionResources : IAsyncDisposable
{
    private readonly TrackerClient _trackers;
    private readonly StorageExecutor _storage = new();
    private volatile SessionSettings _settings;

    public SessionResources(SessionSettings settings, TimeProvider time)
    {
        _settings = settings;
        Time = time;
        Random = settings.RandomSeed is { } seed ? new Random(seed) : new Random();
        Blocks = new BlockPool(settings.BlockMemory);
        Download = new RateLimit(null, settings.DownloadLimit, time);
        Upload = new RateLimit(null, settings.UploadLimit, time);
        Connections = new ConnectionBudget(settings.MaxConnections, settings.MaxHalfOpen);
        _trackers = new TrackerClient(new TrackerClientOptions { BindAddress = settings.BindAddress, Time = time });
        PeerId = OwnPeerId.Make(Random);
        StateFolder = settings.StateFolder ?? SessionSettings.DefaultStateFolder;
        Metadata = new MetadataFolder(Path.Combine(StateFolder, "metadata"), () => _settings.MaxMetadataSize);
        PeerSources = new EnabledPeerSources(settings, StateFolder, time);
    }

    /// <summary>What holds now.</summary>
    public SessionSettings Settings => _settings;

    public TimeProvider Time { get; }

    public Random Random { get; }

    public BlockPool Blocks { get; }

    public RateLimit Download { get; }

    public RateLimit Upload { get; }

    public ConnectionBudget Connections { get; }

    public MetadataFolder Metadata { get; }

    public IStorageExecutor Storage => _storage;

    public ITrackerClient Trackers => _trackers;

    /// <summary>The peer sources that are open to all public torrents.</summary>
    public EnabledPeerSources PeerSources { get; }

    public PeerId PeerId { get; }

    public string StateFolder { get; }

    /// <summary>Makes other settings hold, as far as they can while torrents run.</summary>
    /// <returns>What is used no more: to be ended when all torrents have let go of it.</returns>
    public IReadOnlyList<IAsyncDisposable> Use(SessionSettings settings)
    {
        IReadOnlyList<IAsyncDisposable> gone = PeerSources.Use(settings);
        _settings = settings;
        Download.Limit = settings.DownloadLimit;
        Upload.Limit = settings.UploadLimit;
        Connections.MaxConnections = settings.MaxConnections;
        return gone;
    }

    public async ValueTask DisposeAsync()
    {
        await PeerSources.DisposeAsync();
        _trackers.Dispose();
        _storage.Dispose();
    }
}
