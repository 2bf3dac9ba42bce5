using System.Net;
using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>The session settings of this process, and what its open sessions were doing at one moment. Sizes are bytes, rates bytes/s.</summary>
/// <remarks>The settings carry the names of Set-TorrentSession's parameters, so that they can be exported and piped back.</remarks>
public sealed class TorrentSessionInfo
{
    internal TorrentSessionInfo(SessionSettings settings, IReadOnlyList<TorrentSession> sessions)
    {
        Port = settings.Port;
        BindAddress = settings.BindAddress;
        EnableDht = settings.EnableDht;
        EnablePex = settings.EnablePex;
        EnableLsd = settings.EnableLsd;
        EnableWebSeeds = settings.EnableWebSeeds;
        DhtBootstrap = [.. settings.DhtBootstrap];
        DownloadLimit = settings.DownloadLimit;
        UploadLimit = settings.UploadLimit;
        MaxConnections = settings.MaxConnections;
        PeerCache = settings.PeerCache.ToString();
        MaxMetadataSize = settings.MaxMetadataSize;
        StateFolder = settings.StateFolder ?? SessionSettings.DefaultStateFolder;
        ListenPorts = [.. sessions.Select(session => session.ListenPort).OfType<int>()];
        EngineStatus[] torrents = [.. sessions.SelectMany(session => session.Torrents).Select(torrent => torrent.Status).Where(status => !status.HasEnded)];
        Torrents = torrents.Length;
        Peers = torrents.Sum(status => status.Peers);
        SessionDiscovery[] found = [.. sessions.Select(session => session.Discovery)];
        DhtStatus = Together(settings.EnableDht, found.Select(one => one.Dht));
        PexStatus = Together(settings.EnablePex, found.Select(one => one.Pex));
        LsdStatus = Together(settings.EnableLsd, found.Select(one => one.Lsd));
        PeerCacheStatus = Together(settings.PeerCache.IsEnabled, found.Select(one => one.PeerCache));
        LocalNetworks = [.. found.SelectMany(one => one.LocalNetworks).Distinct()];
        Warnings = [.. found.SelectMany(one => one.Warnings).Distinct()];
        DhtNodes = sessions.Sum(session => session.Dht?.Nodes.Sum(node => node.Good) ?? 0);
        DownloadRate = torrents.Sum(status => status.DownloadRate);
        UploadRate = torrents.Sum(status => status.UploadRate);
    }

    /// <summary>The ports that open sessions listen on.</summary>
    public int[] ListenPorts { get; }

    /// <summary>Torrents that run.</summary>
    public int Torrents { get; }

    /// <summary>Connected peers of all torrents.</summary>
    public int Peers { get; }

    /// <summary>How the DHT stands, and why it does not run if it doesn't.</summary>
    public DiscoveryStatus DhtStatus { get; }

    /// <summary>DHT nodes that are known and answered lately; Get-TorrentDht shows more.</summary>
    public int DhtNodes { get; }

    /// <summary>How the exchange of peers with peers stands.</summary>
    public DiscoveryStatus PexStatus { get; }

    /// <summary>How the search in the local networks stands, and why it does not run if it doesn't.</summary>
    public DiscoveryStatus LsdStatus { get; }

    /// <summary>The local networks, by interface and address family, in which torrents are announced and heard of.</summary>
    public LocalNetwork[] LocalNetworks { get; }

    /// <summary>How the peer cache stands: a server that is away shows here.</summary>
    public DiscoveryStatus PeerCacheStatus { get; }

    /// <summary>What does not work as the settings say.</summary>
    public string[] Warnings { get; }

    /// <summary>Payload bytes/s received by all torrents.</summary>
    public long DownloadRate { get; }

    /// <summary>Payload bytes/s sent by all torrents.</summary>
    public long UploadRate { get; }

    /// <summary>The port to listen on; null for the first free one from 6881.</summary>
    public int? Port { get; }

    /// <summary>The only local address to listen on and connect from; null for all.</summary>
    public IPAddress? BindAddress { get; }

    /// <summary>Whether sessions take part in the DHT.</summary>
    public bool EnableDht { get; }

    /// <summary>Whether peers are exchanged with peers.</summary>
    public bool EnablePex { get; }

    /// <summary>Whether peers are sought in the local network.</summary>
    public bool EnableLsd { get; }

    /// <summary>Whether content is fetched from the web servers that torrents and links name.</summary>
    public bool EnableWebSeeds { get; }

    /// <summary>DHT nodes to begin with, as host:port.</summary>
    public string[] DhtBootstrap { get; }

    /// <summary>The download limit of all torrents together; null without one.</summary>
    public long? DownloadLimit { get; }

    /// <summary>The upload limit of all torrents together; null without one.</summary>
    public long? UploadLimit { get; }

    /// <summary>The most peer connections of all torrents together.</summary>
    public int MaxConnections { get; }

    /// <summary>Where peers that worked are remembered: file, none, or the address of a Redis server.</summary>
    public string PeerCache { get; }

    /// <summary>The largest metadata fetched for a magnet link.</summary>
    public long MaxMetadataSize { get; }

    /// <summary>Where state is kept that outlives the process.</summary>
    public string StateFolder { get; }

    /// <summary>What holds of several sessions: that one fails comes first, then that one runs.</summary>
    private static DiscoveryStatus Together(bool isOn, IEnumerable<DiscoveryStatus> ways) =>
        ways.MaxBy(way => way.State) ?? (isOn ? DiscoveryStatus.Idle : DiscoveryStatus.Off);

    /// <summary>The ports and the torrents.</summary>
    public override string ToString() =>
        $"{(Torrents == 1 ? "1 torrent" : $"{Torrents} torrents")}, {(ListenPorts.Length == 0 ? "not listening" : $"port {string.Join(", ", ListenPorts)}")}";
}
