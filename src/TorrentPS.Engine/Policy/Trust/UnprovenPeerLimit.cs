namespace TorrentPS.Engine.Policy.Trust;

/// <summary>Limits the unverified blocks of a peer that hasn't contributed to a verified piece yet.</summary>
/// <remarks>
/// Where possible, a piece is requested from such a peer alone. If the peer sends bad data, little is lost and the
/// sender is known.
/// </remarks>
internal static class UnprovenPeerLimit
{
    /// <summary>
    /// Minimum value of the limit, in blocks (256 KiB in total). With small pieces, a limit of one piece would leave
    /// the peer idle.
    /// </summary>
    public const int MinBlocks = 16;

    /// <summary>
    /// Returns how many more blocks may be requested from the peer. The maximum, from which <paramref name="atRisk"/>
    /// is subtracted, is one piece or <see cref="MinBlocks"/>, whichever is more.
    /// </summary>
    /// <param name="blocksPerPiece">Number of blocks of a piece.</param>
    /// <param name="atRisk">Number of blocks that are requested from the peer, or received and not verified.</param>
    public static int BlocksLeft(int blocksPerPiece, int atRisk) =>
        Math.Max(0, Math.Max(blocksPerPiece, MinBlocks) - atRisk);
}
