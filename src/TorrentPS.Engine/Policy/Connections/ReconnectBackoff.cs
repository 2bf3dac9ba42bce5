namespace TorrentPS.Engine.Policy.Connections;

/// <summary>How long to leave a peer alone after connections to it failed.</summary>
internal static class ReconnectBackoff
{
    /// <summary>After the first failure.</summary>
    public static readonly TimeSpan First = TimeSpan.FromSeconds(5);

    /// <summary>At most: a peer that was away for a day is still found within minutes.</summary>
    public static readonly TimeSpan Cap = TimeSpan.FromMinutes(10);

    private const int MaxDoublings = 10;

    /// <summary>Doubles with each failure; a quarter more or less at random, so that peers do not come back all at once.</summary>
    /// <param name="failures">Failures in a row; zero for none.</param>
    /// <param name="random">Where the jitter comes from.</param>
    public static TimeSpan Delay(int failures, Random random)
    {
        if (failures <= 0)
            return TimeSpan.Zero;
        TimeSpan delay = First * (1 << Math.Min(failures - 1, MaxDoublings));
        return (delay < Cap ? delay : Cap) * (0.75 + (random.NextDouble() / 2));
    }
}
