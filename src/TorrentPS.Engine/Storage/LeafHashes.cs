using System.Security.Cryptography;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>The SHA-256 of each 16 KiB block of a piece, and the root of the tree over them (BEP 52). Reusable.</summary>
internal sealed class LeafHashes
{
    private byte[] _hashes = new byte[64 * MerkleTree.HashLength];
    private int _count;

    /// <summary>Adds the leaves of some bytes. Every call but a piece's last adds a whole number of blocks.</summary>
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

    /// <summary>Ends the piece, and is ready for another.</summary>
    /// <param name="width">How many leaves the tree has with the absent ones, which are zero: a power of two.</param>
    /// <returns>The root, 32 bytes; null when the leaves are none or too many for the tree.</returns>
    public byte[]? End(int width)
    {
        int count = _count;
        _count = 0;
        return count == 0 || count > width ? null : MerkleTree.Root(_hashes.AsSpan(0, count * MerkleTree.HashLength), width);
    }

    /// <summary>Forgets the leaves.</summary>
    public void Reset() => _count = 0;
}
