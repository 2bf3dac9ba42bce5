using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>
/// The settings of a swarm loop: facts about the torrent and this client, the torrent's settings and the session's
/// settings.
/// </summary>
internal sealed record SwarmSettings
{
    /// <summary>The torrent's name, for statuses and error messages.</summary>
    public required string Name { get; init; }

    public InfoHash? InfoHash { get; init; }

    public InfoHashV2? InfoHashV2 { get; init; }

    /// <summary>The info dictionary, sent to peers that ask for it (BEP 9); empty when it must not be sent.</summary>
    public ReadOnlyMemory<byte> Metadata { get; init; }

    /// <summary>Total length of all files in bytes.</summary>
    public long Size { get; init; }

    /// <summary>The largest info dictionary downloaded from peers, in bytes.</summary>
    public int MaxMetadataSize { get; init; }

    /// <summary>Piece and block lengths; null until the metadata is known.</summary>
    public TorrentGeometry? Geometry { get; init; }

    /// <summary>This client's peer id.</summary>
    public required PeerId PeerId { get; init; }

    /// <summary>TCP port on which this client accepts peers.</summary>
    public int ListenPort { get; init; }

    /// <summary>UDP port of this client's DHT node; null while the torrent does not use the DHT.</summary>
    public ushort? DhtPort { get; init; }

    /// <summary>Whether peers may come only from trackers and the user (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>
    /// URLs of the torrent's web seeds (BEP 19). Empty until the metadata is known, and fixed from then on: handlers
    /// refer to them by index.
    /// </summary>
    public IReadOnlyList<Uri> WebSeeds { get; init; } = [];

    /// <summary>The priority of each piece at the start; empty when all are normal.</summary>
    public IReadOnlyList<DownloadPriority> Priorities { get; init; } = [];

    /// <summary>Maximum pieces in progress at the same time, so that their blocks fit into the block pool.</summary>
    public int MaxPartialPieces { get; init; } = int.MaxValue;

    /// <summary>The torrent's settings.</summary>
    public required TorrentSettings Torrent { get; init; }

    /// <summary>The session's settings.</summary>
    public required SessionSettings Session { get; init; }
}
