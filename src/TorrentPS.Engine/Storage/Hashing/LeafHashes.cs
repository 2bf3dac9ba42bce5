using System.Security.Cryptography;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Hashing;

/// <summary>
/// Hashes the 16 KiB blocks of a piece with SHA-256 and computes the root of the Merkle tree over them (BEP 52). One
/// object can hash any number of pieces, one after another.
/// </summary>
internal sealed class LeafHashes
{
    private byte[] _hashes = new byte[64 * MerkleTree.HashLength];
    private int _count;

    /// <summary>Hashes the next bytes of the piece: whole 16 KiB blocks in every call but the last.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> leaf = bytes[..Math.Min(bytes.Length, TorrentGeometry.BlockLength)];
            if (_hashes.Length == _count * MerkleTree.HashLength)
                Array.Resize(ref _hashes, _hashes.Length * 2);
            SHA256.HashData(leaf, _hashes.AsSpan(_count * MerkleTree.HashLength));
            _count++;
            bytes = bytes[leaf.Length..];
        }
    }

    /// <summary>
    /// Computes the root of the tree over the appended blocks. The next appended bytes begin another piece.
    /// </summary>
    /// <param name="width">Number of leaves of the tree, a power of two. Leaves without a block are zero.</param>
    /// <returns>The root, 32 bytes. Null if no blocks or more than <paramref name="width"/> blocks were
    /// appended.</returns>
    public byte[]? Complete(int width)
    {
        int count = _count;
        _count = 0;
        return count == 0 || count > width
            ? null
            : MerkleTree.Root(_hashes.AsSpan(0, count * MerkleTree.HashLength), width);
    }

    public void Reset() => _count = 0;
}
