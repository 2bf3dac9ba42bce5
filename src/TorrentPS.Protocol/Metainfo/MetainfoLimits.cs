using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>How much of a torrent is accepted before it is refused, or for what is optional, ignored with a warning.</summary>
public sealed record MetainfoLimits
{
    /// <summary>The limits used when none are given.</summary>
    public static MetainfoLimits Default { get; } = new();

    /// <summary>The length of the data in bytes: 10 MiB holds the hashes of 8 TiB in 16 MiB pieces.</summary>
    public int MaxSize { get; init; } = 10 * 1024 * 1024;

    /// <summary>Pieces: two million bound the picker's tables, a bitfield (256 KiB) and one message's length.</summary>
    public int MaxPieces { get; init; } = 2_097_152;

    /// <summary>Nested values, and folders in a path: deeper trees fit no file system's path.</summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>Bencoded values: bounds the table made of them to about 50 MB.</summary>
    public int MaxValues { get; init; } = 2_000_000;

    /// <summary>Files, pad files included: more than any real torrent has, and few enough to list.</summary>
    public int MaxFiles { get; init; } = 500_000;

    /// <summary>All paths together, in characters: a v2 tree names a folder once, but each file's path repeats it.</summary>
    public long MaxTotalPathLength { get; init; } = 64 * 1024 * 1024;

    /// <summary>Tracker addresses in all tiers: each costs an announce; the rest is ignored.</summary>
    public int MaxTrackers { get; init; } = 500;

    /// <summary>Web seeds of each kind; the rest is ignored.</summary>
    public int MaxWebSeeds { get; init; } = 500;

    /// <summary>DHT nodes; the rest is ignored.</summary>
    public int MaxNodes { get; init; } = 500;

    /// <summary>One address in bytes: what servers take at most in a request line; a longer one is ignored.</summary>
    public int MaxUrlLength { get; init; } = 8 * 1024;

    /// <summary>A comment or another text for people in bytes; a longer one is ignored.</summary>
    public int MaxTextLength { get; init; } = 64 * 1024;

    /// <summary>Warnings: the last one says that there were more.</summary>
    public int MaxWarnings { get; init; } = 1000;

    internal BencodeLimits Bencode => new() { MaxLength = MaxSize, MaxDepth = MaxDepth, MaxTokens = MaxValues };
}
