namespace TorrentPS.Engine;

/// <content>The status of port mapping, and of the session's peer sources except trackers.</content>
public sealed partial class TorrentSession
{
    /// <summary>
    /// Gets the status of the session's peer sources other than trackers, the status of port mapping, and the warnings
    /// and failed web seeds of the session's torrents.
    /// </summary>
    public SessionDiscovery Discovery
    {
        get
        {
            lock (_gate)
            {
                (DiscoveryStatus lsd, IReadOnlyList<LocalNetwork> networks) =
                    _resources?.PeerSources.LocalDiscovery?.Status ?? (IdleIf(Settings.EnableLsd), []);
                (DiscoveryStatus portMapping, IReadOnlyList<GatewayStatus> gateways) = PortMappingStatus;
                return new SessionDiscovery
                {
                    Dht = DhtState(),
                    Pex = Settings.EnablePex && HasPublicTorrent ? DiscoveryStatus.Running : IdleIf(Settings.EnablePex),
                    Lsd = lsd,
                    LocalNetworks = networks,
                    PeerCache = _resources?.PeerSources.PeerCache?.Status
                        ?? IdleIf(Settings.PeerCache.IsEnabled),
                    PortMapping = portMapping,
                    Gateways = gateways,
                    ExternalAddresses = _resources?.ExternalAddress.Known ?? [],
                    TorrentWarnings =
                    [
                        .. _torrents
                            .Where(torrent => !torrent.Completion.IsCompleted)
                            .SelectMany(torrent => torrent.Warnings),
                    ],
                    WebSeedFaults =
                    [
                        .. _torrents
                            .Where(torrent => !torrent.Completion.IsCompleted)
                            .SelectMany(torrent => torrent.Status.WebSeedFaults),
                    ],
                };
            }
        }
    }

    private bool HasPublicTorrent => _metadataDownloads.Count > 0
        || _torrents.Exists(
            torrent => torrent is { Metainfo: not { IsPrivate: true }, Completion.IsCompleted: false });

    private string NoUdpPort =>
        "The DHT is not available: no UDP port could be bound on "
        + $"{BoundTo}. Choose another port or address.";

    private string BoundTo => Settings.Interface ?? Settings.BindAddress?.ToString() ?? "any address";

    private static DiscoveryStatus IdleIf(bool isEnabled) => isEnabled ? DiscoveryStatus.Idle : DiscoveryStatus.Off;

    private DiscoveryStatus DhtState()
    {
        if (!Settings.EnableDht)
            return DiscoveryStatus.Off;
        if (_resources?.PeerSources.Dht is not { } dht)
        {
            return HasPublicTorrent
                ? new DiscoveryStatus(DiscoveryState.Failed, NoUdpPort)
                : DiscoveryStatus.Idle;
        }

        return dht.Status.IsConnected
            ? DiscoveryStatus.Running
            : new DiscoveryStatus(DiscoveryState.Waiting, "No DHT node has answered yet.");
    }
}
