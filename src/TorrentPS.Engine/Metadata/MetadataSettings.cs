using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Metadata;

/// <summary>What the search for metadata needs to know of the link and the user's wishes.</summary>
internal sealed record MetadataSettings
{
    /// <summary>The name to show until the real one is known.</summary>
    public required string Name { get; init; }

    /// <summary>The v1 info hash, or null.</summary>
    public InfoHash? InfoHash { get; init; }

    /// <summary>The v2 info hash, or null.</summary>
    public InfoHashV2? InfoHashV2 { get; init; }

    /// <summary>The content's length in bytes as the link tells it; 0 when it does not.</summary>
    public long Size { get; init; }

    /// <summary>The destination folder as a full path.</summary>
    public required string Destination { get; init; }

    /// <summary>Who we are.</summary>
    public required PeerId PeerId { get; init; }

    /// <summary>The port we listen on.</summary>
    public int ListenPort { get; init; }

    /// <summary>The port of our DHT node; null without one.</summary>
    public ushort? DhtPort { get; init; }

    /// <summary>Whether peers may tell us of others (BEP 11).</summary>
    public bool UsesPex { get; init; }

    /// <summary>The most peers connected.</summary>
    public int MaxPeers { get; set; }

    /// <summary>The longest metadata, in bytes.</summary>
    public int MaxSize { get; init; }
}
