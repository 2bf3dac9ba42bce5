using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <summary>
/// Decides when a block is requested from a second peer: in endgame, after every wanted block has been requested, and
/// near the deadline of a piece.
/// </summary>
/// <remarks>
/// It keeps the last blocks from waiting for the slowest peers. A duplicate request is sent only if the block should
/// arrive much sooner, because all but one of the copies are wasted.
/// </remarks>
internal static class Endgame
{
    /// <summary>Maximum peers from which one block is requested. A third request would mostly waste bytes.</summary>
    public const int MaxRequesters = 2;

    /// <summary>
    /// Minimum seconds that a duplicate request must save. What the slower peer sends before the cancel reaches it is
    /// wasted; this keeps the two peers more than a usual round trip apart.
    /// </summary>
    private const double MinSecondsSaved = 0.5;

    /// <summary>
    /// Minimum ratio of the two expected waits. Rates are averages of the past, and a small advantage is often none.
    /// </summary>
    private const double MinSpeedup = 2;

    /// <summary>Maximum duplicate requests at one peer.</summary>
    private const int MaxDuplicateBlocks = 64;

    /// <summary>Returns the expected seconds until a peer sends a block; infinity at a rate of zero.</summary>
    /// <param name="rate">The download rate from the peer, in bytes/s.</param>
    /// <param name="ahead">Number of blocks that the peer has to send before.</param>
    public static double ExpectedWait(long rate, int ahead) =>
        rate <= 0 ? double.PositiveInfinity : (double)TorrentGeometry.BlockLength * (Math.Max(ahead, 0) + 1) / rate;

    /// <summary>Whether to request a block from a second peer.</summary>
    /// <param name="idleWait">The expected wait for the block from the second peer, in seconds.</param>
    /// <param name="busyWait">The expected wait for the block from the peer that was asked first, in seconds.</param>
    public static bool ShouldDuplicate(double idleWait, double busyWait) =>
        double.IsFinite(idleWait) && busyWait >= idleWait + MinSecondsSaved && busyWait >= idleWait * MinSpeedup;

    /// <summary>
    /// Returns how many duplicate requests an idle peer may have: as many blocks as it sends in half a second, at least
    /// one. Blocks further ahead probably come from the other peer first.
    /// </summary>
    /// <param name="idleRate">The download rate from the idle peer, in bytes/s.</param>
    public static int MaxDuplicates(long idleRate) =>
        (int)Math.Clamp(idleRate / 2 / TorrentGeometry.BlockLength, 1, MaxDuplicateBlocks);
}
