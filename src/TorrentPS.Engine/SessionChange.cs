namespace TorrentPS.Engine;

/// <summary>What is to change of an open session (<see cref="TorrentSession.Apply"/>); what is null stays as it is.</summary>
public sealed record SessionChange
{
    /// <summary>Download limit of all torrents together in bytes/s; 0 is unlimited.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>Upload limit of all torrents together in bytes/s; 0 is unlimited.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>The most peer connections of all torrents together. Those that stand beyond it stay until they end.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>Whether to take part in the DHT: off closes its sockets and keeps its table, on has all public torrents announced.</summary>
    public bool? EnableDht { get; init; }

    /// <summary>Whether peers exchange peers: off ends it in all connections at once, on concerns those that stand too, as far as the peers tell
    /// anew what they can do.</summary>
    public bool? EnablePex { get; init; }

    /// <summary>Whether peers are sought in the local network.</summary>
    public bool? EnableLsd { get; init; }

    /// <summary>Whether content is fetched from web seeds: off lets go of those in use at once.</summary>
    public bool? EnableWebSeeds { get; init; }

    /// <summary>DHT nodes to begin with; they are asked at once.</summary>
    public IReadOnlyList<string>? DhtBootstrap { get; init; }

    /// <summary>Where peers that worked are remembered; what is known there is called at once.</summary>
    public PeerCacheChoice? PeerCache { get; init; }

    /// <summary>The largest metadata, in bytes, of searches that begin from now on.</summary>
    public long? MaxMetadataSize { get; init; }

    /// <summary>The settings after the change.</summary>
    /// <exception cref="SessionException">They can't be met.</exception>
    public SessionSettings ApplyTo(SessionSettings before)
    {
        ArgumentNullException.ThrowIfNull(before);
        SessionSettings after = before with
        {
            DownloadLimit = LimitOr(DownloadLimit, before.DownloadLimit),
            UploadLimit = LimitOr(UploadLimit, before.UploadLimit),
            MaxConnections = MaxConnections ?? before.MaxConnections,
            EnableDht = EnableDht ?? before.EnableDht,
            EnablePex = EnablePex ?? before.EnablePex,
            EnableLsd = EnableLsd ?? before.EnableLsd,
            EnableWebSeeds = EnableWebSeeds ?? before.EnableWebSeeds,
            DhtBootstrap = DhtBootstrap ?? before.DhtBootstrap,
            MaxMetadataSize = MaxMetadataSize ?? before.MaxMetadataSize,
        };
        after = PeerCache?.ApplyTo(after) ?? after;
        after.Check();
        return after;
    }

    private static long? LimitOr(long? change, long? before) => change switch { null => before, 0 => null, _ => change };
}
