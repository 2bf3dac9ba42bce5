namespace TorrentPS.Protocol.Bencode;

/// <summary>How much a reader accepts before it gives up; the defaults suit a metainfo file.</summary>
public sealed record BencodeLimits
{
    /// <summary>The limits used when none are given.</summary>
    public static BencodeLimits Default { get; } = new();

    /// <summary>Nested lists and dictionaries. Real torrents use under ten; v2 file trees one per folder.</summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>Values, keys and ends together. A torrent of 10 MiB with 100,000 files has about a million.</summary>
    public int MaxTokens { get; init; } = 2_000_000;

    /// <summary>The length of the data in bytes: 10 MiB holds the hashes of 8 TiB in 16 MiB pieces.</summary>
    public int MaxLength { get; init; } = 10 * 1024 * 1024;

    /// <summary>The length of one string in bytes; strings are not copied, so that the data's own length is bound enough.</summary>
    public int MaxStringLength { get; init; } = int.MaxValue;
}
