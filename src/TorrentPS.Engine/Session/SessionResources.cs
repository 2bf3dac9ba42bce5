using System.Net;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Engine.PortMapping;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage.Pieces;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>The settings, limits, pools and peer sources that all torrents of a session share.</summary>
internal sealed class SessionResources : IAsyncDisposable
{
    private readonly TrackerClient _trackers;
    private readonly StorageExecutor _storage = new();
    private volatile SessionSettings _settings;

    public SessionResources(
        SessionSettings settings, NetworkBinding binding, TimeProvider time, SessionEventLog events)
    {
        Events = events;
        _settings = settings;
        Time = time;
        Random = settings.RandomSeed is { } seed ? new Random(seed) : new Random();
        Blocks = new BlockPool(settings.BlockMemory);
        Download = new RateLimit(null, settings.DownloadLimit, time);
        Upload = new RateLimit(null, settings.UploadLimit, time);
        Connections = new ConnectionBudget(settings.MaxConnections, settings.MaxHalfOpen);
        Binding = binding;
        Filter.Current = settings.IPFilter;
        _trackers = new TrackerClient(new TrackerClientOptions { Binding = Binding, Filter = Filter, Time = time });
        PeerId = LocalPeerId.Create(Secrets);
        StateFolder = Path.GetFullPath(settings.StateFolder ?? SessionSettings.DefaultStateFolder);
        Metadata = new MetadataFolder(Path.Combine(StateFolder, "metadata"), () => _settings.MaxMetadataSize);
        PeerSources = new EnabledPeerSources(settings, Binding, Filter, ExternalAddress, StateFolder, time);
        ExternalAddress.Changed = address => PeerSources.Dht?.UseExternalAddress(address);
        PortMapper = new PortMapper(
            Binding, time, (kind, message) => events.Add(kind, message), ReportGatewayAddress);
    }

    public SessionSettings Settings => _settings;

    public TimeProvider Time { get; }

    public SessionEventLog Events { get; }

    /// <summary>
    /// Source of random numbers for new torrents. It is not thread-safe: callers hold the session's lock.
    /// </summary>
    public Random Random { get; }

    /// <summary>
    /// Source of the peer ids and tracker keys. It does not depend on <see cref="SessionSettings.RandomSeed"/>, and is
    /// thread-safe.
    /// </summary>
    public SecureRandom Secrets { get; } = new();

    public BlockPool Blocks { get; }

    public RateLimit Download { get; }

    public RateLimit Upload { get; }

    public ConnectionBudget Connections { get; }

    /// <summary>The local address or interface to which all sockets of the session are bound.</summary>
    public NetworkBinding Binding { get; }

    public AddressFilter Filter { get; } = new();

    /// <summary>The info hashes for which encrypted connections are accepted.</summary>
    public ObfuscatedInfoHashes InfoHashes { get; } = new();

    public MetadataFolder Metadata { get; }

    public IStorageExecutor Storage => _storage;

    public ITrackerClient Trackers => _trackers;

    public EnabledPeerSources PeerSources { get; }

    public PortMapper PortMapper { get; }

    /// <summary>This client's external address, as gateways, DHT, trackers and peers report it.</summary>
    public ExternalAddress ExternalAddress { get; } = new();

    /// <summary>The peer id of all public torrents of the session (<see cref="TorrentIdentity"/>).</summary>
    public PeerId PeerId { get; }

    public string StateFolder { get; }

    /// <summary>
    /// Applies new settings to the rate limits, the connection limit and the peer sources that torrents share.
    /// </summary>
    /// <returns>
    /// The peer sources that were switched off or replaced. The caller disposes them when no torrent uses them any
    /// more.
    /// </returns>
    public IReadOnlyList<IAsyncDisposable> ApplySettings(SessionSettings settings)
    {
        IReadOnlyList<IAsyncDisposable> removed = PeerSources.ApplySettings(settings);
        _settings = settings;
        Filter.Current = settings.IPFilter;
        Download.Limit = settings.DownloadLimit;
        Upload.Limit = settings.UploadLimit;
        Connections.MaxConnections = settings.MaxConnections;
        return removed;
    }

    public async ValueTask DisposeAsync()
    {
        await PortMapper.DisposeAsync();
        await PeerSources.DisposeAsync();
        _storage.Dispose();
    }

    private void ReportGatewayAddress(IPAddress gateway, IPAddress? address)
    {
        ExternalAddress.RemoveVotes(ExternalAddressSource.PortMapping, gateway);
        if (address is not null)
            ExternalAddress.AddVote(ExternalAddressSource.PortMapping, gateway, address);
    }
}
