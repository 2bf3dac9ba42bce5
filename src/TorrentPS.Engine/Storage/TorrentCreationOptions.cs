using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Storage;

/// <summary>What a new torrent is to say beside its content.</summary>
public sealed record TorrentCreationOptions
{
    /// <summary>The generation of the format; v1, which every client reads, by default.</summary>
    public MetainfoVersion Version { get; init; } = MetainfoVersion.V1;

    /// <summary>The piece length in bytes; chosen by the size of the content when null.</summary>
    public int? PieceLength { get; init; }

    /// <summary>Whether peers may come from the trackers alone (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>A mark inside the info dictionary, so that it changes the info hash; or null.</summary>
    public string? Source { get; init; }

    /// <summary>A remark, or null.</summary>
    public string? Comment { get; init; }

    /// <summary>The program that makes the torrent, or null.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>
    /// Whether the torrent says when it was made; without it the same content always gives the same bytes.
    /// </summary>
    public bool HasCreationDate { get; init; } = true;

    /// <summary>Tracker addresses by tiers (BEP 12).</summary>
    public IReadOnlyList<IReadOnlyList<string>> Trackers { get; init; } = [];

    /// <summary>Web seed addresses (BEP 19).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>How many threads read and hash; the machine's cores when zero.</summary>
    public int Threads { get; init; }
}
