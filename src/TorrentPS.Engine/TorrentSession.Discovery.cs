namespace TorrentPS.Engine;

/// <content>The status of the session's peer sources, except trackers.</content>
public sealed partial class TorrentSession
{
    /// <summary>The status of each peer source, except trackers, and of failed web seeds.</summary>
    public SessionDiscovery Discovery
    {
        get
        {
            lock (_gate)
            {
                (DiscoveryStatus lsd, IReadOnlyList<LocalNetwork> networks) =
                    _resources?.PeerSources.LocalDiscovery?.Status
                        ?? (Settings.EnableLsd ? DiscoveryStatus.Idle : DiscoveryStatus.Off, []);
                return new SessionDiscovery
                {
                    Dht = DhtState(),
                    Pex = !Settings.EnablePex ? DiscoveryStatus.Off
                        : HasPublicTorrent ? DiscoveryStatus.Running
                        : DiscoveryStatus.Idle,
                    Lsd = lsd,
                    LocalNetworks = networks,
                    PeerCache = _resources?.PeerSources.PeerCaches?.Peers.Status
                        ?? (Settings.PeerCache.IsEnabled ? DiscoveryStatus.Idle : DiscoveryStatus.Off),
                    WebSeedFaults =
                    [
                        .. _torrents.Where(torrent => !torrent.Completion.IsCompleted)
                            .SelectMany(torrent => torrent.Status.WebSeedFaults),
                    ],
                };
            }
        }
    }

    private bool HasPublicTorrent =>
        _metadataDownloads.Count > 0
        || _torrents.Exists(
            torrent => torrent is { Metainfo: not { IsPrivate: true }, Completion.IsCompleted: false });

    private DiscoveryStatus DhtState()
    {
        if (!Settings.EnableDht)
            return DiscoveryStatus.Off;
        if (_resources?.PeerSources.Dht is { } dht)
            return dht.Status.IsConnected
                ? DiscoveryStatus.Running
                : new DiscoveryStatus(DiscoveryState.Waiting, "No DHT node has answered yet.");
        return HasPublicTorrent ? new DiscoveryStatus(DiscoveryState.Failed, NoUdpPort) : DiscoveryStatus.Idle;
    }

    private string NoUdpPort =>
        $"The DHT is not available: no UDP port could be bound on {Settings.BindAddress?.ToString() ?? "any address"}.";
}
