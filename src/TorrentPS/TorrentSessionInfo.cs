using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>
/// The session settings of this process and the status of its open sessions at one moment. Rates are in bytes/s.
/// </summary>
public sealed partial class TorrentSessionInfo
{
    internal TorrentSessionInfo(SessionSettings settings, IReadOnlyList<TorrentSession> sessions)
    {
        _settings = settings;
        ListenPorts = [.. sessions.Select(session => session.ListenPort).OfType<int>()];
        EngineStatus[] torrents =
        [
            .. sessions.SelectMany(session => session.Torrents)
                .Select(torrent => torrent.Status)
                .Where(status => !status.HasEnded),
        ];
        Torrents = torrents.Length;
        Peers = torrents.Sum(status => status.Peers);
        SessionDiscovery[] found = [.. sessions.Select(session => session.Discovery)];
        DhtStatus = Combine(settings.EnableDht, found.Select(discovery => discovery.Dht));
        PexStatus = Combine(settings.EnablePex, found.Select(discovery => discovery.Pex));
        LsdStatus = Combine(settings.EnableLsd, found.Select(discovery => discovery.Lsd));
        PeerCacheStatus = Combine(settings.PeerCache.IsEnabled, found.Select(discovery => discovery.PeerCache));
        PortMappingStatus = found.Length == 0 && settings.EnablePortMapping
            ? DiscoveryStatus.NoTorrent
            : Combine(settings.EnablePortMapping, found.Select(discovery => discovery.PortMapping));
        ExternalAddresses =
        [
            .. found.SelectMany(discovery => discovery.ExternalAddresses).DistinctBy(known => known.Address),
        ];
        Gateways = [.. found.SelectMany(discovery => discovery.Gateways)];
        LocalNetworks = [.. found.SelectMany(discovery => discovery.LocalNetworks).Distinct()];
        Warnings = [.. found.SelectMany(discovery => discovery.Warnings).Distinct()];
        IPFilterRanges = settings.IPFilter.RangeCount;
        IPFilterCounts[] filtered = [.. sessions.Select(session => session.IPFilterCounts)];
        IPFilterCounts = new IPFilterCounts(
            filtered.Sum(counts => counts.Incoming),
            filtered.Sum(counts => counts.Outgoing),
            filtered.Sum(counts => counts.Servers),
            filtered.Sum(counts => counts.Dht));
        DhtNodes = sessions.Sum(session => session.Dht?.Nodes.Sum(node => node.Good) ?? 0);
        DownloadRate = torrents.Sum(status => status.DownloadRate);
        UploadRate = torrents.Sum(status => status.UploadRate);
    }

    /// <summary>Ports on which the open sessions listen.</summary>
    public FlatList<int> ListenPorts { get; }

    /// <summary>Number of torrents that have not ended.</summary>
    public int Torrents { get; }

    /// <summary>Number of connected peers of all torrents together.</summary>
    public int Peers { get; }

    /// <summary>
    /// Status of the DHT (BEP 5). If the DHT is idle, waiting or failed, the status contains the reason.
    /// </summary>
    public DiscoveryStatus DhtStatus { get; }

    /// <summary>Number of address ranges in the IP filter.</summary>
    public int IPFilterRanges { get; }

    /// <summary>
    /// Numbers of connections, peer addresses and DHT packets that the IP filter has stopped in the open sessions.
    /// </summary>
    public IPFilterCounts IPFilterCounts { get; }

    /// <summary>Number of good nodes in the DHT routing tables (BEP 5). Get-TorrentDht shows details.</summary>
    public int DhtNodes { get; }

    /// <summary>Status of peer exchange (BEP 11).</summary>
    public DiscoveryStatus PexStatus { get; }

    /// <summary>
    /// Status of local discovery (BEP 14). If local discovery is idle, waiting or failed, the status contains the
    /// reason.
    /// </summary>
    public DiscoveryStatus LsdStatus { get; }

    /// <summary>
    /// Local networks in which local discovery announces torrents: one for each network interface and address family.
    /// </summary>
    public FlatList<LocalNetwork> LocalNetworks { get; }

    /// <summary>
    /// Status of port mapping. If port mapping is idle, waiting or failed, the status contains the reason.
    /// </summary>
    public DiscoveryStatus PortMappingStatus { get; }

    /// <summary>
    /// This machine's external addresses with the sources that reported them: gateways, DHT, trackers or peers.
    /// </summary>
    public FlatList<ExternalAddressStatus> ExternalAddresses { get; }

    /// <summary>
    /// Gateways at which ports are mapped or requested, each with its protocol, external address and mapped ports.
    /// </summary>
    public FlatList<GatewayStatus> Gateways { get; }

    /// <summary>
    /// Status of the peer cache. If the peer cache is idle, waiting or failed, the status contains the reason.
    /// </summary>
    public DiscoveryStatus PeerCacheStatus { get; }

    /// <summary>Messages about a failed DHT, a failed peer cache and failed web seeds.</summary>
    public FlatList<string> Warnings { get; }

    /// <summary>Download rate of payload of all torrents together, in bytes/s.</summary>
    public long DownloadRate { get; }

    /// <summary>Upload rate of payload of all torrents together, in bytes/s.</summary>
    public long UploadRate { get; }

    /// <summary>
    /// Combines the statuses that a peer source or port mapping has in the open sessions. Returns the status with the
    /// highest <see cref="DiscoveryState"/> value, so that a failure is not hidden. Without an open session, returns
    /// Idle if <paramref name="isEnabled"/> is true, otherwise Off.
    /// </summary>
    private static DiscoveryStatus Combine(bool isEnabled, IEnumerable<DiscoveryStatus> statuses) =>
        statuses.MaxBy(status => status.State) ?? (isEnabled ? DiscoveryStatus.Idle : DiscoveryStatus.Off);

    /// <summary>Returns the number of running torrents and the ports on which the open sessions listen.</summary>
    public override string ToString() =>
        (Torrents == 1 ? "1 torrent" : $"{Torrents} torrents")
        + (ListenPorts.Length == 0 ? ", not listening" : $", port {string.Join(", ", ListenPorts)}");
}
