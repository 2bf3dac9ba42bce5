namespace TorrentPS.Engine.Policy.Trust;

/// <summary>Limits the unverified blocks of a peer that hasn't contributed to a verified piece yet.</summary>
/// <remarks>
/// Where possible, each piece requested from such a peer is requested from no other peer. If the peer sends bad data,
/// the loss is small and the sender is known.
/// </remarks>
internal static class UnprovenPeerLimit
{
    /// <summary>
    /// Minimum value of the limit, in blocks of 16 KiB. In a torrent with small pieces, a limit of one piece would
    /// leave the peer idle.
    /// </summary>
    public const int MinBlocks = 16;

    /// <summary>
    /// Returns how many more blocks may be requested from the peer. The limit is the number of blocks of one piece, and
    /// at least <see cref="MinBlocks"/>.
    /// </summary>
    /// <param name="blocksPerPiece">Number of blocks of a piece.</param>
    /// <param name="unverified">
    /// Number of blocks that are requested from the peer, or received from it and not verified.
    /// </param>
    public static int BlocksLeft(int blocksPerPiece, int unverified) =>
        Math.Max(0, Math.Max(blocksPerPiece, MinBlocks) - unverified);
}
