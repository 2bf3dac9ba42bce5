using System.Numerics;
using System.Security.Cryptography;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>
/// Computes the SHA-256 hash trees of BEP 52 from their leaves. A leaf is the hash of a 16 KiB block of a file. Leaves
/// of 32 zero bytes are appended until the number of leaves is a power of two.
/// </summary>
public static class MerkleTree
{
    /// <summary>Length of a SHA-256 hash in bytes.</summary>
    public const int HashLength = 32;

    /// <summary>
    /// Length in bytes of a block, which is hashed to one leaf. The last block of a file may be shorter.
    /// </summary>
    public const int LeafLength = 16 * 1024;

    /// <summary>
    /// Returns the number of leaves for a file of <paramref name="length"/> bytes, not counting padding.
    /// </summary>
    public static long LeafCount(long length) => (length / LeafLength) + (length % LeafLength == 0 ? 0 : 1);

    /// <summary>
    /// Returns the number of leaves in the tree whose root is the hash of a piece, including padding. For a file longer
    /// than a piece, this is the number of blocks in a piece. For a file of at most one piece, it is the number of the
    /// file's blocks, rounded up to a power of two.
    /// </summary>
    /// <param name="fileLength">Length of the file in bytes.</param>
    /// <param name="pieceLength">Piece length of the torrent in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The file is empty, or its length is negative.</exception>
    public static int LeavesPerPieceTree(long fileLength, int pieceLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(fileLength);
        return fileLength > pieceLength
            ? pieceLength / LeafLength
            : (int)BitOperations.RoundUpToPowerOf2((ulong)LeafCount(fileLength));
    }

    /// <summary>
    /// Computes the root of a tree of <paramref name="width"/> leaves. The leaves that are not given are padding: 32
    /// zero bytes each.
    /// </summary>
    /// <param name="leaves">
    /// Concatenated first leaves of the tree: at least one, at most <paramref name="width"/>.
    /// </param>
    /// <param name="width">Number of leaves in the tree, a power of two.</param>
    /// <returns>The root, 32 bytes.</returns>
    /// <exception cref="ArgumentException">
    /// There are no leaves or too many, the last one is incomplete, or the width is not a power of two.
    /// </exception>
    public static byte[] Root(ReadOnlySpan<byte> leaves, long width) => Root(leaves, width, padLevel: 0);

    /// <summary>
    /// Computes the piece layer of a file. For each piece, it contains the root of the subtree over the leaves of the
    /// piece.
    /// </summary>
    /// <param name="leaves">Concatenated leaves of the whole file.</param>
    /// <param name="pieceLength">Piece length of the torrent in bytes: a power of two of at least 16 KiB.</param>
    /// <returns>The concatenated roots, one for each piece. Subtrees that contain only padding are left out.</returns>
    /// <exception cref="ArgumentException">The piece length is invalid, or the last leaf is incomplete.</exception>
    public static byte[] PieceLayer(ReadOnlySpan<byte> leaves, int pieceLength)
    {
        int perPiece = LeavesOf(pieceLength);
        int step = perPiece * HashLength;
        int pieces = (leaves.Length + step - 1) / step;
        byte[] layer = new byte[pieces * HashLength];
        for (int piece = 0; piece < pieces; piece++)
        {
            ReadOnlySpan<byte> own = leaves[(piece * step)..Math.Min((piece + 1) * step, leaves.Length)];
            Root(own, perPiece).CopyTo(layer, piece * HashLength);
        }

        return layer;
    }

    /// <summary>Computes the root of a file's tree from its piece layer.</summary>
    /// <param name="pieceLayer">Concatenated hashes of all pieces of a file longer than one piece.</param>
    /// <param name="pieceLength">Piece length of the torrent in bytes: a power of two of at least 16 KiB.</param>
    /// <returns>The root, 32 bytes: the file's <c>pieces root</c>.</returns>
    /// <exception cref="ArgumentException">The piece length or the piece layer is invalid.</exception>
    public static byte[] RootOfPieceLayer(ReadOnlySpan<byte> pieceLayer, int pieceLength)
    {
        ulong width = BitOperations.RoundUpToPowerOf2((ulong)(pieceLayer.Length / HashLength));
        return Root(pieceLayer, (long)width, BitOperations.Log2((uint)LeavesOf(pieceLength)));
    }

    /// <summary>Computes the root of a file's tree from its leaves.</summary>
    /// <param name="leaves">Concatenated leaves of the whole file.</param>
    /// <returns>The root, 32 bytes: the file's <c>pieces root</c>.</returns>
    /// <exception cref="ArgumentException">There are no leaves, or the last one is incomplete.</exception>
    public static byte[] RootOfLeaves(ReadOnlySpan<byte> leaves) =>
        Root(leaves, (long)BitOperations.RoundUpToPowerOf2((ulong)(leaves.Length / HashLength)));

    private static int LeavesOf(int pieceLength)
    {
        if (pieceLength < LeafLength || !BitOperations.IsPow2(pieceLength))
        {
            throw new ArgumentException(
                $"The piece length {pieceLength} is not a power of two of at least {LeafLength} bytes.",
                nameof(pieceLength));
        }

        return pieceLength / LeafLength;
    }

    private static byte[] Root(ReadOnlySpan<byte> hashes, long width, int padLevel)
    {
        if (hashes.IsEmpty || hashes.Length % HashLength != 0)
        {
            throw new ArgumentException(
                $"Expected hashes of {HashLength} bytes, got {hashes.Length} bytes.", nameof(hashes));
        }

        if (!BitOperations.IsPow2(width) || hashes.Length / HashLength > width)
        {
            throw new ArgumentException(
                $"The width {width} is not a power of two of at least {hashes.Length / HashLength} leaves.",
                nameof(width));
        }

        // Room for one padding hash, which completes a layer with an odd number of hashes.
        byte[] layer = new byte[hashes.Length + HashLength];
        hashes.CopyTo(layer);
        byte[] pad = new byte[2 * HashLength];
        for (int level = 0; level < padLevel; level++)
            HashPadPair(pad);
        int count = hashes.Length / HashLength;
        for (; width > 1; width /= 2)
        {
            if (count % 2 != 0)
                pad.AsSpan(0, HashLength).CopyTo(layer.AsSpan(count++ * HashLength));
            count /= 2;
            for (int i = 0; i < count; i++)
                SHA256.HashData(
                    layer.AsSpan(i * 2 * HashLength, 2 * HashLength), layer.AsSpan(i * HashLength, HashLength));
            HashPadPair(pad);
        }

        return layer[..HashLength];
    }

    /// <summary>
    /// Replaces the padding hash of one layer by the padding hash of the layer above. The span contains the same
    /// padding hash twice, so the SHA-256 of the whole span is the padding hash of the layer above.
    /// </summary>
    private static void HashPadPair(Span<byte> pad)
    {
        SHA256.HashData(pad, pad[..HashLength]);
        pad[..HashLength].CopyTo(pad[HashLength..]);
    }
}
