using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <summary>
/// When to ask a second peer for a block: only in endgame, when every wanted block was asked for, so that the last blocks do not wait
/// for the slowest peers.
/// </summary>
internal static class Endgame
{
    /// <summary>How many peers are asked for one block: the second is the rescue, a third would only waste.</summary>
    public const int MaxRequesters = 2;

    /// <summary>
    /// How many seconds sooner the block must come. Two peers send towards each other through the same queue, and what the loser has
    /// under way when it is cancelled is lost: this keeps them more than a round trip apart.
    /// </summary>
    private const double LeastGain = 0.5;

    /// <summary>How many times sooner it must come: rates are only averages of the past.</summary>
    private const double LeastAdvantage = 2;

    /// <summary>How many repeated blocks a peer may have under way at most.</summary>
    private const int MaxDepth = 64;

    /// <summary>How long a block is expected to take, in seconds; infinite from a peer that gives nothing.</summary>
    /// <param name="rate">What the peer gives, in bytes/s.</param>
    /// <param name="ahead">How many blocks it is to send before.</param>
    public static double ExpectedWait(long rate, int ahead) =>
        rate <= 0 ? double.PositiveInfinity : (double)TorrentGeometry.BlockLength * (Math.Max(ahead, 0) + 1) / rate;

    /// <summary>Whether it pays to ask another peer for a block that one was asked for already.</summary>
    /// <param name="idleWait">How long the block would take from the other peer, in seconds.</param>
    /// <param name="busyWait">How long it is expected to take from the one that was asked, in seconds.</param>
    public static bool PaysToRepeat(double idleWait, double busyWait) =>
        double.IsFinite(idleWait) && busyWait >= idleWait + LeastGain && busyWait >= idleWait * LeastAdvantage;

    /// <summary>
    /// How many repeated blocks a peer may have under way: what it sends in half a second, and at least one. Farther ahead the other
    /// peer has probably sent them before.
    /// </summary>
    /// <param name="idleRate">What the idle peer gives, in bytes/s.</param>
    public static int Depth(long idleRate) => (int)Math.Clamp(idleRate / 2 / TorrentGeometry.BlockLength, 1, MaxDepth);
}
