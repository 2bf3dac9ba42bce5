using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>The SHA-256 tree over 16 KiB leaves that v2 torrents use (BEP 52). Reusable; not thread-safe.</summary>
internal sealed class MerkleTree
{
    private const int HashLength = SHA256.HashSizeInBytes;

    private byte[] _hashes = new byte[64 * HashLength];

    /// <summary>How many leaves were added.</summary>
    public int Leaves { get; private set; }

    /// <summary>Adds the leaves of some bytes. Every call but the last adds a whole number of blocks.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> leaf = bytes[..Math.Min(bytes.Length, TorrentGeometry.BlockLength)];
            Reserve(Leaves + 1);
            SHA256.HashData(leaf, _hashes.AsSpan(Leaves * HashLength));
            Leaves++;
            bytes = bytes[leaf.Length..];
        }
    }

    /// <summary>Ends the tree and makes it empty again.</summary>
    /// <param name="width">How many leaves it has with the absent ones, which are zero: a power of two.</param>
    /// <param name="root">Receives the root, 32 bytes.</param>
    /// <returns>False when there are more leaves than <paramref name="width"/>.</returns>
    public bool TryFinish(int width, Span<byte> root)
    {
        int leaves = Leaves;
        Leaves = 0;
        if (leaves > width)
            return false;
        Reserve(width);
        Span<byte> level = _hashes.AsSpan(0, width * HashLength);
        level[(leaves * HashLength)..].Clear();
        Span<byte> parent = stackalloc byte[HashLength];
        for (; level.Length > HashLength; level = level[..(level.Length / 2)])
        {
            // In place: a pair is read before the half as far along is written.
            for (int from = 0; from < level.Length; from += 2 * HashLength)
            {
                SHA256.HashData(level.Slice(from, 2 * HashLength), parent);
                parent.CopyTo(level[(from / 2)..]);
            }
        }

        level.CopyTo(root);
        return true;
    }

    /// <summary>Forgets the leaves.</summary>
    public void Reset() => Leaves = 0;

    private void Reserve(int leaves)
    {
        if (_hashes.Length < leaves * HashLength)
            Array.Resize(ref _hashes, Math.Max(leaves * HashLength, _hashes.Length * 2));
    }
}
