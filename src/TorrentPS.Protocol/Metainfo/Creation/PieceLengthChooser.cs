using System.Numerics;

namespace TorrentPS.Protocol.Metainfo.Creation;

/// <summary>Chooses the piece length of a new torrent from the total length of its files.</summary>
public static class PieceLengthChooser
{
    /// <summary>Smallest piece length that is chosen, in bytes: 16 KiB, the minimum of BEP 52.</summary>
    public const int Smallest = 16 * 1024;

    /// <summary>
    /// Largest piece length that is chosen, in bytes: 16 MiB. Some old clients and small devices fail with longer
    /// pieces.
    /// </summary>
    public const int Largest = 16 * 1024 * 1024;

    /// <summary>
    /// Maximum number of pieces, except for content that would need pieces longer than <see cref="Largest"/>. The v1
    /// hashes of 2000 pieces take 40 KB in the metainfo file.
    /// </summary>
    public const int TargetPieces = 2000;

    /// <summary>
    /// Returns the smallest power of two, from <see cref="Smallest"/> to <see cref="Largest"/>, that gives at most
    /// <see cref="TargetPieces"/> pieces. If no power of two in this range does, <see cref="Largest"/> is returned.
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
