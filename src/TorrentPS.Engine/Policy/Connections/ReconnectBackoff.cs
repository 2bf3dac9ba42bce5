namespace TorrentPS.Engine.Policy.Connections;

/// <summary>
/// Computes how long to wait before connecting to an address again after failures: exponential backoff with jitter.
/// </summary>
internal static class ReconnectBackoff
{
    /// <summary>Delay after the first failure.</summary>
    public static readonly TimeSpan First = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Maximum delay, before jitter. With it, this client reaches a peer within minutes after the peer comes back.
    /// </summary>
    public static readonly TimeSpan Cap = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Maximum number of doublings. It prevents an overflow: ten doublings of <see cref="First"/> exceed
    /// <see cref="Cap"/> already.
    /// </summary>
    private const int MaxDoublings = 10;

    /// <summary>
    /// Returns the delay: zero without failures, then doubling with each failure. Random jitter of up to 25 % in both
    /// directions keeps clients from retrying at the same time.
    /// </summary>
    /// <param name="failures">Number of failures in a row.</param>
    /// <param name="random">The source of the jitter.</param>
    public static TimeSpan Delay(int failures, Random random)
    {
        if (failures <= 0)
            return TimeSpan.Zero;
        TimeSpan delay = First * (1 << Math.Min(failures - 1, MaxDoublings));
        return (delay < Cap ? delay : Cap) * (0.75 + (random.NextDouble() / 2));
    }
}
