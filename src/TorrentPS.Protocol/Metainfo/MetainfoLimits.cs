using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>
/// Limits on metainfo. Required data beyond a limit is an error; optional data is ignored with a warning.
/// </summary>
public sealed record MetainfoLimits
{
    /// <summary>The default limits.</summary>
    public static MetainfoLimits Default { get; } = new();

    /// <summary>
    /// Maximum length of the data in bytes. 10 MiB hold the v1 piece hashes of 8 TiB in pieces of 16 MiB.
    /// </summary>
    public int MaxSize { get; init; } = 10 * 1024 * 1024;

    /// <summary>
    /// Maximum number of pieces. Two million pieces mean a bitfield of 256 KiB, and bound the tables of the piece
    /// picker.
    /// </summary>
    public int MaxPieces { get; init; } = 2_097_152;

    /// <summary>
    /// Maximum nesting depth of lists and dictionaries, and maximum number of components in a path. Ordinary torrents
    /// have far fewer.
    /// </summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>
    /// Maximum number of bencoded values, keys and ends. Bounds the memory of the parsed values to about 50 MB.
    /// </summary>
    public int MaxValues { get; init; } = 2_000_000;

    /// <summary>Maximum number of files, pad files included. Ordinary torrents have far fewer.</summary>
    public int MaxFiles { get; init; } = 500_000;

    /// <summary>
    /// Maximum length of all paths together, in characters. A v2 file tree has each folder name once, but every parsed
    /// path repeats the names of its folders.
    /// </summary>
    public long MaxTotalPathLength { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// Maximum number of tracker URLs in all tiers. Each costs an announce; further ones are ignored.
    /// </summary>
    public int MaxTrackers { get; init; } = 500;

    /// <summary>Maximum number of web seeds (BEP 19), and of HTTP seeds (BEP 17). Further ones are ignored.</summary>
    public int MaxWebSeeds { get; init; } = 500;

    /// <summary>Maximum number of DHT nodes. Further ones are ignored.</summary>
    public int MaxNodes { get; init; } = 500;

    /// <summary>
    /// Maximum length of a URL or node address in bytes. Servers commonly accept request lines of up to 8 KiB. A longer
    /// URL is ignored.
    /// </summary>
    public int MaxUrlLength { get; init; } = 8 * 1024;

    /// <summary>Maximum length in bytes of a comment, creator or source text. A longer one is ignored.</summary>
    public int MaxTextLength { get; init; } = 64 * 1024;

    /// <summary>Maximum number of warnings. If there are more, one further warning says so.</summary>
    public int MaxWarnings { get; init; } = 1000;

    internal BencodeLimits Bencode => new() { MaxLength = MaxSize, MaxDepth = MaxDepth, MaxTokens = MaxValues };
}
