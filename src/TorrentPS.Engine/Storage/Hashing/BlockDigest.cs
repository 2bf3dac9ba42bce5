using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TorrentPS.Engine.Storage.Hashing;

/// <summary>
/// Computes 64-bit digests that show whether two received versions of a block differ. They are keyed by a random secret
/// of this process, so that a peer cannot construct two blocks with the same digest.
/// </summary>
internal static class BlockDigest
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    public static ulong Of(ReadOnlySpan<byte> block)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Key, block, mac);
        return BinaryPrimitives.ReadUInt64LittleEndian(mac);
    }
}
