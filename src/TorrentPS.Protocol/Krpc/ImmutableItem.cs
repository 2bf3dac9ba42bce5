using System.Security.Cryptography;

namespace TorrentPS.Protocol.Krpc;

/// <summary>
/// Length limit and id of immutable items, which the DHT stores under the SHA-1 of their value (BEP 44, "immutable
/// items").
/// </summary>
public static class ImmutableItem
{
    /// <summary>Maximum length in bytes of the bencoded value of an item (BEP 44): 1,000.</summary>
    public const int MaxLength = 1000;

    /// <summary>Computes the id under which a value is stored: the SHA-1 of the bencoded value.</summary>
    /// <param name="bencoded">The bencoded value.</param>
    public static NodeId TargetOf(ReadOnlySpan<byte> bencoded)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(bencoded, hash);
        return new NodeId(hash);
    }
}
