using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>What the loop needs to know of the torrent and its user's wishes.</summary>
internal sealed record SwarmSettings
{
    /// <summary>The torrent's name, for statuses and faults.</summary>
    public required string Name { get; init; }

    /// <summary>The v1 info hash, or null.</summary>
    public InfoHash? InfoHash { get; init; }

    /// <summary>The v2 info hash, or null.</summary>
    public InfoHashV2? InfoHashV2 { get; init; }

    /// <summary>The info dictionary, for peers that lack it; empty when it is not given away.</summary>
    public ReadOnlyMemory<byte> Metadata { get; init; }

    /// <summary>All content in bytes.</summary>
    public long Size { get; init; }

    /// <summary>The destination folder as a full path.</summary>
    public required string Destination { get; init; }

    /// <summary>The lengths.</summary>
    public required TorrentGeometry Geometry { get; init; }

    /// <summary>Who we are.</summary>
    public required PeerId PeerId { get; init; }

    /// <summary>The port we listen on.</summary>
    public int ListenPort { get; init; }

    /// <summary>The UDP port of our DHT node; null when the torrent has no part in the DHT.</summary>
    public ushort? DhtPort { get; init; }

    /// <summary>Whether peers come from trackers and the user alone (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Whether peers tell each other of further ones (BEP 11); never in a private torrent.</summary>
    public bool UsesPex { get; init; }

    /// <summary>Web servers that hold the content (BEP 19); fixed while it runs.</summary>
    public IReadOnlyList<Uri> WebSeeds { get; init; } = [];

    /// <summary>Whether they are used.</summary>
    public bool UsesWebSeeds { get; init; } = true;

    /// <summary>Download or seed.</summary>
    public TorrentRole Role { get; init; }

    /// <summary>Serve a seed's data although part of it is missing.</summary>
    public bool AllowPartial { get; init; }

    /// <summary>When it is done.</summary>
    public StopWhen StopWhen { get; init; }

    /// <summary>Uploaded bytes per wanted byte for <see cref="StopWhen.Ratio"/>.</summary>
    public double SeedRatio { get; init; }

    /// <summary>In which order pieces are asked for.</summary>
    public PieceStrategy Strategy { get; init; }

    /// <summary>By which rule upload slots are given.</summary>
    public ChokerKind Choker { get; init; }

    /// <summary>How many peers are served at once; 0 serves nobody, null as many as fill the uplink.</summary>
    public int? UploadSlots { get; init; }

    /// <summary>Show each peer little of what a seed has (BEP 16).</summary>
    public bool SuperSeeding { get; init; }

    /// <summary>The most peers connected.</summary>
    public int MaxPeers { get; init; }

    /// <summary>The wish for each piece; empty when all are normal.</summary>
    public IReadOnlyList<DownloadPriority> Priorities { get; init; } = [];

    /// <summary>The most pieces in progress at once: what the block pool can hold, and some.</summary>
    public int MaxPartialPieces { get; init; } = int.MaxValue;
}
