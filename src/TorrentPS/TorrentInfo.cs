using TorrentPS.Protocol.Metainfo;

namespace TorrentPS;

/// <summary>
/// The content of a torrent file or magnet link. Sizes are in bytes. Values that a magnet link does not contain are
/// null or empty.
/// </summary>
/// <remarks>The lists are arrays, because PowerShell can't index every other kind of list.</remarks>
public sealed class TorrentInfo
{
    private TorrentInfo()
    {
    }

    /// <summary>
    /// Name of the top-level folder or only file, safe as a file name. For a magnet link, its display name or info
    /// hash.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>Size of all files.</summary>
    public long? Size { get; init; }

    /// <summary>Length of a piece in bytes.</summary>
    public int? PieceLength { get; init; }

    /// <summary>Number of pieces.</summary>
    public int? PieceCount { get; init; }

    /// <summary>Number of files without pad files (BEP 47).</summary>
    public int FileCount => Files.Count;

    /// <summary>The v1 info hash in lower-case hexadecimal; null for a v2-only torrent.</summary>
    public string? InfoHash { get; init; }

    /// <summary>The v2 info hash in lower-case hexadecimal; null for a v1-only torrent.</summary>
    public string? InfoHashV2 { get; init; }

    /// <summary>Version of the format: v1, v2 or hybrid (BEP 52).</summary>
    public MetainfoVersion? Version { get; init; }

    /// <summary>Whether the torrent is private: peers may come only from its trackers (BEP 27).</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Comment of the author; null without one.</summary>
    public string? Comment { get; init; }

    /// <summary>Program that made the torrent; null when it does not say.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Time at which the torrent was made; null when it does not say.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>The torrent's source tag, usually the tracker it was made for; null without one.</summary>
    public string? Source { get; init; }

    /// <summary>The files in the torrent's order, without pad files.</summary>
    public IReadOnlyList<TorrentFileInfo> Files { get; init; } = [];

    /// <summary>The trackers with their tiers (BEP 12).</summary>
    public IReadOnlyList<TorrentTracker> Trackers { get; init; } = [];

    /// <summary>URLs of web seeds (BEP 19).</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>DHT nodes from the torrent (BEP 5), as host:port.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>Magnet link of the torrent.</summary>
    public required string Magnet { get; init; }

    /// <summary>Oddities of the torrent that were corrected or ignored.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Path of the file that was read; null for magnet links.</summary>
    public string? Path { get; init; }

    /// <summary>The parsed metadata; null for a magnet link.</summary>
    internal TorrentMetainfo? Metainfo { get; init; }

    /// <summary>The parsed link; null for torrent files.</summary>
    internal MagnetLink? Link { get; init; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    internal static TorrentInfo Of(TorrentMetainfo metainfo, string? path) => new()
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
        Files = metainfo.Files.Where(file => !file.IsPadding).Select(file => new TorrentFileInfo(file)).ToArray(),
        Trackers = metainfo.Trackers.SelectMany((tier, number) => tier.Select(url => new TorrentTracker(number, url)))
            .ToArray(),
        WebSeeds = metainfo.WebSeeds.ToArray(),
        Nodes = metainfo.Nodes.Select(node => node.ToString()).ToArray(),
        Magnet = metainfo.ToMagnet().ToString(),
        Warnings = metainfo.Warnings.Select(warning => warning.ToString()).ToArray(),
        Path = path,
        Metainfo = metainfo,
    };

    internal static TorrentInfo Of(MagnetLink link) => new()
    {
        Name = link.DisplayName ?? link.InfoHash?.ToString() ?? link.InfoHashV2!.Value.ToString(),
        Size = link.ExactLength,
        InfoHash = link.InfoHash?.ToString(),
        InfoHashV2 = link.InfoHashV2?.ToString(),
        // A link has no tiers. Each tracker gets its own, so that all of them are used.
        Trackers = link.Trackers.Select((url, number) => new TorrentTracker(number, url)).ToArray(),
        WebSeeds = link.WebSeeds.ToArray(),
        Magnet = link.ToString(),
        Link = link,
    };
}
