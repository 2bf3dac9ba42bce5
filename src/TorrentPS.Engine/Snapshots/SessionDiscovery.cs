namespace TorrentPS.Engine.Snapshots;

/// <summary>How a session finds peers beside trackers, and content beside peers, at one moment.</summary>
public sealed record SessionDiscovery
{
    /// <summary>The DHT (BEP 5).</summary>
    public required DiscoveryStatus Dht { get; init; }

    /// <summary>Peers that tell of peers (BEP 11).</summary>
    public required DiscoveryStatus Pex { get; init; }

    /// <summary>The local networks (BEP 14).</summary>
    public required DiscoveryStatus Lsd { get; init; }

    /// <summary>Where it announces and listens; empty while <see cref="Lsd"/> does not run.</summary>
    public required IReadOnlyList<LocalNetwork> LocalNetworks { get; init; }

    /// <summary>The peers remembered from before.</summary>
    public required DiscoveryStatus PeerCache { get; init; }

    /// <summary>Web seeds of running torrents that are used no more.</summary>
    public required IReadOnlyList<WebSeedFault> WebSeedFaults { get; init; }

    /// <summary>What the user should know: what the settings or torrents ask for and can't be used. A machine without a local network is nothing to warn of.</summary>
    public IReadOnlyList<string> Warnings =>
    [
        .. new[] { Dht, PeerCache }.Where(way => way.State == DiscoveryState.Failed).Select(way => way.Reason).OfType<string>(),
        .. WebSeedFaults.Select(fault => fault.ToString()),
    ];
}
