using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TorrentPS.Engine.Storage;

/// <summary>
/// 64-bit digests by which two versions of a block are told apart. Keyed by a secret of this process, so that a peer can't make
/// two blocks that collide.
/// </summary>
internal static class BlockDigest
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    /// <summary>The digest of a block.</summary>
    public static ulong Of(ReadOnlySpan<byte> block)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Key, block, mac);
        return BinaryPrimitives.ReadUInt64LittleEndian(mac);
    }
}
