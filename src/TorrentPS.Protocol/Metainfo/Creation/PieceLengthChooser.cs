using System.Numerics;

namespace TorrentPS.Protocol.Metainfo.Creation;

/// <summary>Chooses a piece length for a new torrent by the size of its content.</summary>
public static class PieceLengthChooser
{
    /// <summary>Smallest piece length chosen, in bytes: one block, the minimum that BEP 52 allows.</summary>
    public const int Smallest = 16 * 1024;

    /// <summary>
    /// Largest piece length chosen, in bytes. Some old clients and small devices fail with longer pieces.
    /// </summary>
    public const int Largest = 16 * 1024 * 1024;

    /// <summary>
    /// Maximum number of pieces, as long as the piece length does not exceed <see cref="Largest"/>. The v1 hashes of
    /// 2000 pieces take 40 KB in the metainfo file.
    /// </summary>
    public const int TargetPieces = 2000;

    /// <summary>
    /// Returns the smallest power of two that gives at most <see cref="TargetPieces"/> pieces, limited to the range
    /// from <see cref="Smallest"/> to <see cref="Largest"/>.
    /// </summary>
    /// <param name="totalLength">Total length of the files in bytes.</param>
    /// <returns>The piece length in bytes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The total length is negative.</exception>
    public static int Choose(long totalLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(totalLength);
        ulong least = ((ulong)totalLength + TargetPieces - 1) / TargetPieces;
        return (int)Math.Clamp(BitOperations.RoundUpToPowerOf2(least), Smallest, Largest);
    }
}
