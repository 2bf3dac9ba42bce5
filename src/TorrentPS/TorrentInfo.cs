using TorrentPS.Protocol.Metainfo;

namespace TorrentPS;

/// <summary>
/// The information in a torrent file or magnet link. Sizes are in bytes. A property whose value is not in the magnet
/// link is null or empty.
/// </summary>
/// <remarks>
/// The lists are arrays, because PowerShell cannot index every implementation of <see cref="IReadOnlyList{T}"/>.
/// </remarks>
public sealed class TorrentInfo
{
    private TorrentInfo()
    {
    }

    /// <summary>
    /// Name of the top-level folder or of the only file, as a safe name. For a magnet link, the display name, or the
    /// info hash if there is no display name.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>
    /// Total size of all files in bytes. For a magnet link, the size that the link states; null if it states none.
    /// </summary>
    public long? Size { get; init; }

    /// <summary>Piece length in bytes.</summary>
    public int? PieceLength { get; init; }

    /// <summary>Number of pieces.</summary>
    public int? PieceCount { get; init; }

    /// <summary>Number of files, not counting pad files.</summary>
    public int FileCount => Files.Count;

    /// <summary>The v1 info hash in lower-case hexadecimal; null if there is none.</summary>
    public string? InfoHash { get; init; }

    /// <summary>The v2 info hash in lower-case hexadecimal; null if there is none.</summary>
    public string? InfoHashV2 { get; init; }

    /// <summary>Version of the metainfo: v1, v2 or hybrid (BEP 52).</summary>
    public MetainfoVersion? Version { get; init; }

    /// <summary>
    /// Whether the torrent is private (BEP 27). Clients find the peers of a private torrent only through its trackers.
    /// </summary>
    public bool IsPrivate { get; init; }

    /// <summary>Comment of the author; null if there is none.</summary>
    public string? Comment { get; init; }

    /// <summary>Name of the program that created the torrent; null if there is none.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Time at which the torrent was created; null if the torrent does not contain this time.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>
    /// Value of the <c>source</c> entry of the info dictionary, such as the name of a tracker; null if there is none.
    /// </summary>
    public string? Source { get; init; }

    /// <summary>The files in the torrent's order. Pad files are left out.</summary>
    public FlatList<TorrentFileInfo> Files { get; init; } = [];

    /// <summary>
    /// The trackers with their tiers (BEP 12). For a magnet link, each tracker has a tier of its own.
    /// </summary>
    public FlatList<TorrentTracker> Trackers { get; init; } = [];

    /// <summary>URLs of the web seeds (BEP 19).</summary>
    public FlatList<string> WebSeeds { get; init; } = [];

    /// <summary>DHT nodes in the torrent as host:port (<c>nodes</c>, BEP 5).</summary>
    public FlatList<string> Nodes { get; init; } = [];

    /// <summary>A magnet link for the torrent.</summary>
    public required string Magnet { get; init; }

    /// <summary>Errors in the torrent that were corrected or ignored.</summary>
    public FlatList<string> Warnings { get; init; } = [];

    /// <summary>Full path of the torrent file; null if the information was not read from a file on disk.</summary>
    public string? Path { get; init; }

    /// <summary>
    /// The URL from which the torrent file was downloaded, without its secrets; null for other torrents.
    /// </summary>
    internal string? DownloadedFrom { get; set; }

    /// <summary>The parsed metainfo; null for a magnet link.</summary>
    internal TorrentMetainfo? Metainfo { get; init; }

    /// <summary>The parsed magnet link; null for a torrent file.</summary>
    internal MagnetLink? Link { get; init; }

    /// <summary>Returns the torrent's name.</summary>
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
        Files = [.. metainfo.Files.Where(file => !file.IsPadding).Select(file => new TorrentFileInfo(file))],
        Trackers = [.. metainfo.Trackers.SelectMany(
            (tier, number) => tier.Select(url => new TorrentTracker(number, url)))],
        WebSeeds = [.. metainfo.WebSeeds],
        Nodes = [.. metainfo.Nodes.Select(node => node.ToString())],
        Magnet = metainfo.ToMagnet().ToString(),
        Warnings = [.. metainfo.Warnings.Select(warning => warning.ToString())],
        Path = path,
        Metainfo = metainfo,
    };

    internal static TorrentInfo Of(MagnetLink link) => new()
    {
        Name = link.DisplayName ?? link.InfoHash?.ToString() ?? link.InfoHashV2!.Value.ToString(),
        Size = link.ExactLength,
        InfoHash = link.InfoHash?.ToString(),
        InfoHashV2 = link.InfoHashV2?.ToString(),
        // A magnet link has no tiers. Each tracker gets a tier of its own.
        Trackers = [.. link.Trackers.Select((url, number) => new TorrentTracker(number, url))],
        WebSeeds = [.. link.WebSeeds],
        Magnet = link.ToString(),
        Link = link,
    };
}
