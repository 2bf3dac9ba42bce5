using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>
/// Limits on metainfo that is parsed. If data that a torrent needs exceeds its limit, the metainfo is rejected.
/// Optional data over its limit is ignored with a warning.
/// </summary>
public sealed record MetainfoLimits
{
    /// <summary>The default limits.</summary>
    public static MetainfoLimits Default { get; } = new();

    /// <summary>
    /// Maximum length of the metainfo file in bytes. The default of 10 MiB has room for the v1 piece hashes of 8 TiB of
    /// content in pieces of 16 MiB.
    /// </summary>
    public int MaxSize { get; init; } = 10 * 1024 * 1024;

    /// <summary>
    /// Maximum number of pieces. It limits the memory per torrent: with two million pieces, each peer's bitfield has
    /// 256 KiB, and the piece picker's tables grow in the same proportion.
    /// </summary>
    public int MaxPieces { get; init; } = 2_097_152;

    /// <summary>
    /// Maximum nesting depth of lists and dictionaries, and maximum number of components in a path. Both are below ten
    /// in ordinary torrents.
    /// </summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>
    /// Maximum number of bencoded values, keys and ends of lists and dictionaries, counted together. It limits the
    /// memory of the parsed values to about 50 MB.
    /// </summary>
    public int MaxValues { get; init; } = 2_000_000;

    /// <summary>Maximum number of files, including pad files. Ordinary torrents have far fewer.</summary>
    public int MaxFiles { get; init; } = 500_000;

    /// <summary>
    /// Maximum length of all paths together, in characters. A path that was changed to be safe counts twice, because
    /// the original path is kept too. The paths can be much longer than the metainfo file: a v2 file tree contains each
    /// folder name once, but every parsed path repeats the names of its folders.
    /// </summary>
    public long MaxTotalPathLength { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// Maximum number of tracker URLs in all tiers together. Further ones are ignored, because each would cost an
    /// announce.
    /// </summary>
    public int MaxTrackers { get; init; } = 500;

    /// <summary>
    /// Maximum number of web seeds (BEP 19) and, counted separately, of HTTP seeds (BEP 17). Further ones are ignored.
    /// </summary>
    public int MaxWebSeeds { get; init; } = 500;

    /// <summary>Maximum number of DHT nodes in <c>nodes</c>. Further ones are ignored.</summary>
    public int MaxNodes { get; init; } = 500;

    /// <summary>
    /// Maximum length in bytes of a URL, or of the host of a DHT node. A longer one is ignored. Servers commonly accept
    /// request lines of up to 8 KiB.
    /// </summary>
    public int MaxUrlLength { get; init; } = 8 * 1024;

    /// <summary>Maximum length in bytes of the comment, the creator or the source. A longer text is ignored.</summary>
    public int MaxTextLength { get; init; } = 64 * 1024;

    /// <summary>
    /// Maximum number of warnings kept. If there are more, a last one reports that the others were dropped.
    /// </summary>
    public int MaxWarnings { get; init; } = 1000;

    internal BencodeLimits Bencode => new() { MaxLength = MaxSize, MaxDepth = MaxDepth, MaxTokens = MaxValues };
}
