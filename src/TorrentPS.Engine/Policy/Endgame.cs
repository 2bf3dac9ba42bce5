namespace TorrentPS.Engine.Policy;

/// <summary>
/// When to ask a second peer for a block: only in endgame, when every wanted block was asked for, so that the last blocks do not wait
/// for the slowest peers.
/// </summary>
internal static class Endgame
{
    /// <summary>How many peers are asked for one block: the second is the rescue, a third would only waste.</summary>
    public const int MaxRequesters = 2;

    /// <summary>
    /// How many times faster the idle peer must be. Requests reach about three seconds ahead, so a peer less than twice as fast
    /// could save little of that, while what both have under way already when one is cancelled is lost.
    /// </summary>
    private const int Advantage = 2;

    /// <summary>Whether it pays to ask an idle peer for a block that a busy one was asked for already.</summary>
    /// <param name="idleRate">What the idle peer gives, in bytes/s.</param>
    /// <param name="busyRate">What the busy one gives, in bytes/s; zero for one that stalls.</param>
    public static bool PaysToRepeat(long idleRate, long busyRate) => idleRate > 0 && idleRate / Advantage >= busyRate;

    /// <summary>
    /// How many repeated blocks a peer may have under way: what it sends in half a second, and at least one. Farther ahead the other
    /// peer has probably sent them before.
    /// </summary>
    /// <param name="idleRate">What the idle peer gives, in bytes/s.</param>
    /// <param name="blockLength">The length of a block in bytes.</param>
    public static int Depth(long idleRate, int blockLength) => (int)Math.Clamp(idleRate / 2 / blockLength, 1, 64);
}
