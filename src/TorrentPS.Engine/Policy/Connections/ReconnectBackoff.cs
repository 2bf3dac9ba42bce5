namespace TorrentPS.Engine.Policy.Connections;

/// <summary>
/// Computes the delay before the next connection attempt to an address after failures: exponential backoff with jitter.
/// </summary>
internal static class ReconnectBackoff
{
    public static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Maximum delay without jitter. It is short enough that a peer is connected again within minutes of its return.
    /// </summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Maximum number of doublings, which prevents an overflow. Fewer than ten doublings of <see cref="FirstDelay"/>
    /// already exceed <see cref="MaxDelay"/>.
    /// </summary>
    private const int MaxDoublings = 10;

    /// <summary>
    /// Returns the delay. It is zero without failures, <see cref="FirstDelay"/> after one failure, and doubles with
    /// each further failure up to <see cref="MaxDelay"/>. Random jitter of up to 25 % in both directions keeps clients
    /// from retrying at the same time.
    /// </summary>
    /// <param name="failures">Number of consecutive failures.</param>
    /// <param name="random">The source of the jitter.</param>
    public static TimeSpan Delay(int failures, Random random)
    {
        if (failures <= 0)
            return TimeSpan.Zero;
        TimeSpan delay = FirstDelay * (1 << Math.Min(failures - 1, MaxDoublings));
        return (delay < MaxDelay ? delay : MaxDelay) * (0.75 + (random.NextDouble() / 2));
    }
}
