using System.Numerics;
using System.Security.Cryptography;

namespace TorrentPS.Protocol.Metainfo;

/// <summary>
/// The binary SHA-256 trees of BEP 52, over hashes that are there already: leaves are the hashes of a file's 16 KiB blocks, and
/// leaves beyond the end of the file are 32 zero bytes.
/// </summary>
public static class MerkleTree
{
    /// <summary>The length of a hash in bytes.</summary>
    public const int HashLength = 32;

    /// <summary>How many bytes of a file one leaf covers; the last leaf may cover fewer.</summary>
    public const int LeafLength = 16 * 1024;

    /// <summary>How many leaves a file of <paramref name="length"/> bytes has, without padding.</summary>
    public static long LeafCount(long length) => (length / LeafLength) + (length % LeafLength == 0 ? 0 : 1);

    /// <summary>
    /// How many leaves, padding included, the tree has whose root is the hash of one piece: all of a piece's blocks, but for a file
    /// that fits into one piece only as many as its own tree has.
    /// </summary>
    /// <param name="fileLength">The file's length in bytes; positive.</param>
    /// <param name="pieceLength">The torrent's piece length in bytes.</param>
    public static int LeavesPerPieceTree(long fileLength, int pieceLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(fileLength);
        return fileLength > pieceLength
            ? pieceLength / LeafLength
            : (int)BitOperations.RoundUpToPowerOf2((ulong)LeafCount(fileLength));
    }

    /// <summary>The root of the tree of <paramref name="width"/> leaves whose first ones are given and whose others are zero.</summary>
    /// <param name="leaves">Concatenated leaf hashes, at least one and at most <paramref name="width"/>.</param>
    /// <param name="width">The number of leaves of the whole tree; a power of two.</param>
    /// <returns>32 bytes.</returns>
    /// <exception cref="ArgumentException">The leaves are not whole hashes, none, or too many; or the width is no power of two.</exception>
    public static byte[] Root(ReadOnlySpan<byte> leaves, long width) => Root(leaves, width, padLevel: 0);

    /// <summary>The piece layer of a file: one hash for each piece's subtree.</summary>
    /// <param name="leaves">The concatenated leaf hashes of the whole file.</param>
    /// <param name="pieceLength">The torrent's piece length in bytes.</param>
    /// <returns>The concatenated hashes, without the ones that cover only padding.</returns>
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

    /// <summary>The root of a file's tree, from its piece layer.</summary>
    /// <param name="pieceLayer">The concatenated hashes of all pieces of a file longer than one piece.</param>
    /// <param name="pieceLength">The torrent's piece length in bytes.</param>
    /// <returns>32 bytes: what <c>pieces root</c> holds.</returns>
    public static byte[] RootOfPieceLayer(ReadOnlySpan<byte> pieceLayer, int pieceLength)
    {
        ulong width = BitOperations.RoundUpToPowerOf2((ulong)(pieceLayer.Length / HashLength));
        return Root(pieceLayer, (long)width, BitOperations.Log2((uint)LeavesOf(pieceLength)));
    }

    /// <summary>The root of a file's tree, from its leaves.</summary>
    /// <param name="leaves">The concatenated leaf hashes of the whole file.</param>
    /// <returns>32 bytes: what <c>pieces root</c> holds.</returns>
    public static byte[] RootOfLeaves(ReadOnlySpan<byte> leaves) =>
        Root(leaves, (long)BitOperations.RoundUpToPowerOf2((ulong)(leaves.Length / HashLength)));

    private static int LeavesOf(int pieceLength)
    {
        if (pieceLength < LeafLength || !BitOperations.IsPow2(pieceLength))
            throw new ArgumentException($"A piece length of {pieceLength} is no power of two of at least {LeafLength}.", nameof(pieceLength));
        return pieceLength / LeafLength;
    }

    private static byte[] Root(ReadOnlySpan<byte> hashes, long width, int padLevel)
    {
        if (hashes.IsEmpty || hashes.Length % HashLength != 0)
            throw new ArgumentException($"Expected whole hashes of {HashLength} bytes, got {hashes.Length} bytes.", nameof(hashes));
        if (!BitOperations.IsPow2(width) || hashes.Length / HashLength > width)
            throw new ArgumentException($"A tree of {width} leaves can't hold {hashes.Length / HashLength} of them.", nameof(width));

        // One spare place at the end takes the padding of a layer with an odd number of hashes.
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
                SHA256.HashData(layer.AsSpan(i * 2 * HashLength, 2 * HashLength), layer.AsSpan(i * HashLength, HashLength));
            HashPadPair(pad);
        }

        return layer[..HashLength];
    }

    /// <summary>Replaces the padding of one layer, held twice, by that of the layer above.</summary>
    private static void HashPadPair(Span<byte> pad)
    {
        SHA256.HashData(pad, pad[..HashLength]);
        pad[..HashLength].CopyTo(pad[HashLength..]);
    }
}
