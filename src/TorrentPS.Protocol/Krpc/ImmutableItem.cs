using System.Security.Cryptography;

namespace TorrentPS.Protocol.Krpc;

/// <summary>
/// The rules for immutable items, which the DHT stores under the SHA-1 of their value (BEP 44, "immutable items").
/// </summary>
public static class ImmutableItem
{
    /// <summary>The maximum length in bytes of a bencoded value (BEP 44): 1,000.</summary>
    public const int MaxLength = 1000;

    /// <summary>Computes the id under which a value is stored: the SHA-1 of its bencoded form.</summary>
    /// <param name="bencoded">The bencoded value.</param>
    public static NodeId TargetOf(ReadOnlySpan<byte> bencoded)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(bencoded, hash);
        return new NodeId(hash);
    }
}
