using TorrentPS.Protocol.Metainfo;

namespace TorrentPS;

/// <summary>What a torrent file or a magnet link says. Sizes are bytes. What a magnet link does not know is null or empty.</summary>
/// <remarks>Lists are arrays behind their interface: PowerShell indexes those, and not every other list.</remarks>
public sealed class TorrentInfo
{
    private TorrentInfo()
    {
    }

    /// <summary>
    /// The torrent's name, safe to use as a file name: the top-level folder, or the only file. Of a magnet link, the name to show.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>All files in bytes.</summary>
    public long? Size { get; init; }

    /// <summary>The length of a piece in bytes.</summary>
    public int? PieceLength { get; init; }

    /// <summary>How many pieces there are.</summary>
    public int? PieceCount { get; init; }

    /// <summary>How many files there are, pad files not counted.</summary>
    public int FileCount => Files.Count;

    /// <summary>The v1 info hash in lower-case hex, or null.</summary>
    public string? InfoHash { get; init; }

    /// <summary>The v2 info hash in lower-case hex, or null.</summary>
    public string? InfoHashV2 { get; init; }

    /// <summary>Which generation of the format it is.</summary>
    public MetainfoVersion? Version { get; init; }

    /// <summary>Whether peers may come from its trackers alone.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>A remark by the author, or null.</summary>
    public string? Comment { get; init; }

    /// <summary>The program that made it, or null.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>When it was made, or null.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>Where it was published, or null.</summary>
    public string? Source { get; init; }

    /// <summary>The files in the torrent's order, pad files left out.</summary>
    public IReadOnlyList<TorrentFileInfo> Files { get; init; } = [];

    /// <summary>The trackers with their tiers; lower tiers are asked first.</summary>
    public IReadOnlyList<TorrentTracker> Trackers { get; init; } = [];

    /// <summary>Addresses of web servers that hold the files.</summary>
    public IReadOnlyList<string> WebSeeds { get; init; } = [];

    /// <summary>DHT nodes to begin with, as host:port.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>The magnet link that leads to it.</summary>
    public required string Magnet { get; init; }

    /// <summary>What was odd in it, and made safe or ignored.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The file it was read from; null for bytes and magnet links.</summary>
    public string? Path { get; init; }

    /// <summary>The whole metadata; null for a magnet link.</summary>
    internal TorrentMetainfo? Metainfo { get; init; }

    /// <summary>The link it was read from; null for torrent files.</summary>
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
        Trackers = metainfo.Trackers.SelectMany((tier, number) => tier.Select(url => new TorrentTracker(number, url))).ToArray(),
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
        // A link has no tiers: all its trackers are alike, so each is one of its own.
        Trackers = link.Trackers.Select((url, number) => new TorrentTracker(number, url)).ToArray(),
        WebSeeds = link.WebSeeds.ToArray(),
        Magnet = link.ToString(),
        Link = link,
    };
}
