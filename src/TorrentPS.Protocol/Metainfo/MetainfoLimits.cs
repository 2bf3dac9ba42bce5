using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>
/// Limits for the parsing of metainfo. If data that every torrent needs exceeds a limit, the metainfo is rejected.
/// Optional data over a limit is ignored with a warning.
/// </summary>
public sealed record MetainfoLimits
{
    /// <summary>The default limits.</summary>
    public static MetainfoLimits Default { get; } = new();

    /// <summary>
    /// Maximum length of the metainfo file in bytes. The default of 10 MiB has room for the v1 piece hashes of almost 8
    /// TiB of content in pieces of 16 MiB.
    /// </summary>
    public int MaxSize { get; init; } = 10 * 1024 * 1024;

    /// <summary>
    /// Maximum number of pieces, which limits the memory per torrent. At the default of about two million, a peer's
    /// bitfield takes 256 KiB, and the piece picker's tables grow in the same proportion.
    /// </summary>
    public int MaxPieces { get; init; } = 2_097_152;

    /// <summary>
    /// Maximum nesting depth of lists and dictionaries, and also the maximum number of components in a path. Ordinary
    /// torrents stay below ten in both.
    /// </summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>
    /// Maximum number of bencoding tokens. Each integer, string, key, and start or end of a list or dictionary is one
    /// token. At the default of two million, the parsed values take up to about 50 MB of memory.
    /// </summary>
    public int MaxValues { get; init; } = 2_000_000;

    /// <summary>Maximum number of files, including pad files. Ordinary torrents have far fewer files.</summary>
    public int MaxFiles { get; init; } = 500_000;

    /// <summary>
    /// Maximum total length of all paths, in characters. A path that was changed to be safe counts twice, because the
    /// original path is kept too. The paths can be much longer than the metainfo file: a v2 file tree contains each
    /// folder name once, but every parsed path repeats the names of its folders.
    /// </summary>
    public long MaxTotalPathLength { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// Maximum number of tracker URLs in all tiers together. Further URLs are ignored, because each would cost an
    /// announce.
    /// </summary>
    public int MaxTrackers { get; init; } = 500;

    /// <summary>
    /// Maximum number of web seeds (BEP 19). The same limit applies separately to HTTP seeds (BEP 17). Further URLs are
    /// ignored.
    /// </summary>
    public int MaxWebSeeds { get; init; } = 500;

    /// <summary>Maximum number of DHT nodes in <c>nodes</c>. Further nodes are ignored.</summary>
    public int MaxNodes { get; init; } = 500;

    /// <summary>
    /// Maximum length in bytes of a URL, or of the host of a DHT node. A longer URL or host is ignored. The default is
    /// 8 KiB, because servers commonly accept request lines of that length.
    /// </summary>
    public int MaxUrlLength { get; init; } = 8 * 1024;

    /// <summary>
    /// Maximum length in bytes of <c>comment</c>, <c>created by</c> and <c>source</c>. A longer text is ignored.
    /// </summary>
    public int MaxTextLength { get; init; } = 64 * 1024;

    /// <summary>
    /// Maximum number of warnings kept. Further warnings are dropped, and a single additional warning reports that
    /// there are more.
    /// </summary>
    public int MaxWarnings { get; init; } = 1000;

    internal BencodeLimits Bencode => new() { MaxLength = MaxSize, MaxDepth = MaxDepth, MaxTokens = MaxValues };
}
