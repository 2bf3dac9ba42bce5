using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Rendering;

/// <summary>
/// The metadata of a torrent. Sizes are in bytes. The properties have the same names as in the module's TorrentInfo
/// objects.
/// </summary>
internal sealed record TorrentInfoRecord
{
    public required string Name { get; init; }

    public long Size { get; init; }

    public int PieceLength { get; init; }

    public int PieceCount { get; init; }

    public int FileCount => Files.Count;

    public string? InfoHash { get; init; }

    public string? InfoHashV2 { get; init; }

    public MetainfoVersion Version { get; init; }

    public bool IsPrivate { get; init; }

    public string? Comment { get; init; }

    public string? CreatedBy { get; init; }

    public DateTimeOffset? CreationDate { get; init; }

    public string? Source { get; init; }

    public required IReadOnlyList<TorrentFileRecord> Files { get; init; }

    public required IReadOnlyList<TorrentTrackerRecord> Trackers { get; init; }

    public required IReadOnlyList<string> WebSeeds { get; init; }

    public required IReadOnlyList<string> Nodes { get; init; }

    public required string Magnet { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required string Path { get; init; }

    public static TorrentInfoRecord Of(TorrentMetainfo metainfo, string path) => new()
    {
        Name = metainfo.Name,
        Size = metainfo.Size,
        PieceLength = metainfo.PieceLength,
        PieceCount = metainfo.PieceCount,
        InfoHash = metainfo.InfoHash?.ToString(),
        InfoHashV2 = metainfo.InfoHashV2?.ToString(),
        Version = metainfo.Version,
        IsPrivate = metainfo.IsPrivate,
        Comment = metainfo.Comment,
        CreatedBy = metainfo.CreatedBy,
        CreationDate = metainfo.CreationDate,
        Source = metainfo.Source,
        Files = [.. metainfo.Files.Where(file => !file.IsPadding).Select(TorrentFileRecord.Of)],
        Trackers =
        [
            .. metainfo.Trackers.SelectMany(
                (tier, number) => tier.Select(url => new TorrentTrackerRecord(number, url))),
        ],
        WebSeeds = metainfo.WebSeeds,
        Nodes = [.. metainfo.Nodes.Select(node => node.ToString())],
        Magnet = metainfo.ToMagnet().ToString(),
        Warnings = [.. metainfo.Warnings.Select(warning => warning.ToString())],
        Path = System.IO.Path.GetFullPath(path),
    };
}

/// <summary>A tracker URL and its zero-based tier.</summary>
internal sealed record TorrentTrackerRecord(int Tier, string Url);

/// <summary>A file of a torrent. Sizes are in bytes.</summary>
internal sealed record TorrentFileRecord
{
    public int Index { get; init; }

    public required string Path { get; init; }

    public string? OriginalPath { get; init; }

    public long Size { get; init; }

    public int FirstPiece { get; init; }

    public int PieceCount { get; init; }

    public TorrentFileAttributes Attributes { get; init; }

    public string? SymlinkTarget { get; init; }

    public static TorrentFileRecord Of(TorrentFile file) => new()
    {
        Index = file.Index,
        Path = file.Path,
        OriginalPath = file.OriginalPath,
        Size = file.Length,
        FirstPiece = file.FirstPiece.Value,
        PieceCount = file.PieceSpan,
        Attributes = file.Attributes,
        SymlinkTarget = file.SymlinkTarget,
    };
}
