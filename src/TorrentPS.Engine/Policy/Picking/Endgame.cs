using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <summary>
/// Decides whether to request a block from a second peer. A second request is possible in two cases: in endgame, and
/// near the deadline of a piece.
/// </summary>
/// <remarks>
/// Without duplicate requests, the last blocks would arrive only when the slowest peers send them. A duplicate request
/// is sent only if the block is expected to arrive much sooner from the second peer, because one of the two copies is
/// wasted.
/// </remarks>
internal static class Endgame
{
    /// <summary>
    /// Maximum number of peers from which one block is requested at a time. The copy from a third peer would mostly be
    /// wasted.
    /// </summary>
    public const int MaxRequesters = 2;

    /// <summary>
    /// Minimum time in seconds that a duplicate request must be expected to save. It is longer than a usual round trip,
    /// so that a cancel often reaches the slower peer before that peer sends the block.
    /// </summary>
    private const double MinSecondsSaved = 0.5;

    /// <summary>
    /// Minimum ratio of the first peer's expected wait to the second peer's expected wait for a duplicate request. The
    /// waits are estimates, so a smaller difference isn't reliable.
    /// </summary>
    private const double MinSpeedup = 2;

    private const int MaxDuplicateBlocks = 64;

    /// <summary>
    /// Returns the expected time in seconds until a peer sends a block; infinity if the rate is zero.
    /// </summary>
    /// <param name="rate">The download rate from the peer, in bytes/s.</param>
    /// <param name="ahead">Number of blocks that the peer has to send before this block.</param>
    public static double ExpectedWait(long rate, int ahead) =>
        rate <= 0 ? double.PositiveInfinity : (double)TorrentGeometry.BlockLength * (Math.Max(ahead, 0) + 1) / rate;

    /// <summary>Returns whether to request a block from a second peer.</summary>
    /// <param name="secondWait">The expected wait for the block from the second peer, in seconds.</param>
    /// <param name="firstWait">The expected wait for the block from the first peer, in seconds.</param>
    public static bool ShouldDuplicate(double secondWait, double firstWait) =>
        double.IsFinite(secondWait)
        && firstWait >= secondWait + MinSecondsSaved
        && firstWait >= secondWait * MinSpeedup;

    /// <summary>
    /// Returns how many duplicate requests to send to a peer that has no open request: the number of blocks that the
    /// peer sends in half a second, and at least one. Further blocks would probably arrive sooner from the peers from
    /// which they were first requested.
    /// </summary>
    /// <param name="idleRate">The download rate in bytes/s from the peer that has no open request.</param>
    public static int MaxDuplicates(long idleRate) =>
        (int)Math.Clamp(idleRate / 2 / TorrentGeometry.BlockLength, 1, MaxDuplicateBlocks);
}
