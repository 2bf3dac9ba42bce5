using System.Security.Cryptography;

namespace TorrentPS.Protocol.Krpc;

/// <summary>A value kept under its own hash (BEP 44, "immutable items").</summary>
public static class ImmutableItem
{
    /// <summary>The longest value in bytes, as it is bencoded.</summary>
    public const int MaxLength = 1000;

    /// <summary>Where a value is kept: the SHA-1 of its bencoding.</summary>
    public static NodeId TargetOf(ReadOnlySpan<byte> bencoded)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(bencoded, hash);
        return new NodeId(hash);
    }
}
