using System.Numerics;

namespace TorrentPS.Protocol.Metainfo.Creation;

/// <summary>Chooses a piece length that suits a size: few enough hashes, small enough pieces.</summary>
public static class PieceLengthChooser
{
    /// <summary>The smallest piece length chosen, in bytes: one block, and the least BEP 52 allows.</summary>
    public const int Smallest = 16 * 1024;

    /// <summary>The largest piece length chosen, in bytes: above it, old clients and small devices fail.</summary>
    public const int Largest = 16 * 1024 * 1024;

    /// <summary>The number of pieces aimed at: a metainfo file of some 40 KB, and progress in steps of a twentieth of a percent.</summary>
    public const int TargetPieces = 2000;

    /// <summary>The smallest power of two that makes at most <see cref="TargetPieces"/> pieces, within the bounds.</summary>
    /// <param name="totalLength">The length of all files in bytes.</param>
    /// <returns>Bytes.</returns>
    public static int Choose(long totalLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(totalLength);
        ulong least = ((ulong)totalLength + TargetPieces - 1) / TargetPieces;
        return (int)Math.Clamp(BitOperations.RoundUpToPowerOf2(least), Smallest, Largest);
    }
}
