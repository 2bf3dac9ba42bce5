namespace TorrentPS.Protocol.Bencode;

/// <summary>Limits on bencoded data that is read. The default limits are chosen for metainfo files.</summary>
public sealed record BencodeLimits
{
    /// <summary>The default limits.</summary>
    public static BencodeLimits Default { get; } = new();

    /// <summary>
    /// Maximum nesting depth of lists and dictionaries. The default is 100. Metainfo needs fewer than ten levels. A v2
    /// file tree needs one more level for each level of folders.
    /// </summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>
    /// Maximum number of tokens in the data. Each integer, string, key, and start or end of a list or dictionary is one
    /// token. The default is two million. A metainfo file of 10 MiB with 100,000 files has about a million tokens.
    /// </summary>
    public int MaxTokens { get; init; } = 2_000_000;

    /// <summary>
    /// Maximum length of the data in bytes. The default of 10 MiB has room for the v1 piece hashes of almost 8 TiB of
    /// content in pieces of 16 MiB.
    /// </summary>
    public int MaxLength { get; init; } = 10 * 1024 * 1024;

    /// <summary>
    /// Maximum length of one string in bytes. By default strings have no limit of their own, because a string cannot be
    /// longer than the data.
    /// </summary>
    public int MaxStringLength { get; init; } = int.MaxValue;
}
