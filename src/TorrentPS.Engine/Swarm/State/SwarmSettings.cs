using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>
/// The settings of a swarm loop. They consist of the torrent's settings, the session's settings, and facts about the
/// torrent and this client.
/// </summary>
internal sealed record SwarmSettings
{
    public required string Name { get; init; }

    public InfoHash? InfoHash { get; init; }

    public InfoHashV2? InfoHashV2 { get; init; }

    /// <summary>
    /// The bencoded info dictionary, which is sent to peers that request it (BEP 9). Empty if it is unknown or must not
    /// be sent.
    /// </summary>
    public ReadOnlyMemory<byte> Metadata { get; init; }

    /// <summary>Total length of the torrent's files in bytes.</summary>
    public long Size { get; init; }

    /// <summary>Maximum size in bytes of an info dictionary downloaded from peers.</summary>
    public int MaxMetadataSize { get; init; }

    /// <summary>Piece and block lengths; null until the metadata is known.</summary>
    public TorrentGeometry? Geometry { get; init; }

    public required PeerId PeerId { get; init; }

    public int ListenPort { get; init; }

    /// <summary>UDP port of this client's DHT node; null if the torrent does not use the DHT.</summary>
    public ushort? DhtPort { get; init; }

    /// <summary>
    /// Whether the torrent is private (BEP 27). If so, only its trackers and the user may add addresses of peers.
    /// </summary>
    public bool IsPrivate { get; init; }

    /// <summary>
    /// URLs of the torrent's web seeds (BEP 19). Empty until the metadata is known. The list must not change after
    /// that, because handlers refer to web seeds by index.
    /// </summary>
    public IReadOnlyList<Uri> WebSeeds { get; init; } = [];

    /// <summary>
    /// Priority of each piece when the content is opened. A piece without an entry in the list has
    /// <see cref="DownloadPriority.Normal"/>.
    /// </summary>
    public IReadOnlyList<DownloadPriority> Priorities { get; init; } = [];

    /// <summary>
    /// Maximum number of partial pieces; unlimited by default. The session sets the maximum so that the blocks of these
    /// pieces fill at most three quarters of the block pool, but not below two pieces.
    /// </summary>
    public int MaxPartialPieces { get; init; } = int.MaxValue;

    public required TorrentSettings Torrent { get; init; }

    public required SessionSettings Session { get; init; }
}
