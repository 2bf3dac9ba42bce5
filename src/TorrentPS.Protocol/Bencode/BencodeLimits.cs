namespace TorrentPS.Protocol.Bencode;

/// <summary>Limits on bencoded data. The defaults suit metainfo files.</summary>
public sealed record BencodeLimits
{
    /// <summary>The default limits.</summary>
    public static BencodeLimits Default { get; } = new();

    /// <summary>
    /// Maximum nesting depth of lists and dictionaries. Ordinary torrents nest fewer than ten levels; a v2 file tree
    /// nests one level per folder.
    /// </summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>
    /// Maximum number of values, keys and ends of lists and dictionaries. A torrent of 10 MiB with 100,000 files has
    /// about a million.
    /// </summary>
    public int MaxTokens { get; init; } = 2_000_000;

    /// <summary>
    /// Maximum length of the data in bytes. 10 MiB hold the v1 piece hashes of 8 TiB in pieces of 16 MiB.
    /// </summary>
    public int MaxLength { get; init; } = 10 * 1024 * 1024;

    /// <summary>
    /// Maximum length of one string in bytes. The default sets no limit: strings are slices of the data, whose length
    /// is limited.
    /// </summary>
    public int MaxStringLength { get; init; } = int.MaxValue;
}
