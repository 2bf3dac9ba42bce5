namespace TorrentPS.Engine.Trackers;

internal sealed record AnnounceTiming
{
    /// <summary>
    /// Minimum interval between regular announces, even if the tracker requests a shorter one. A shorter interval is
    /// probably an error of the tracker.
    /// </summary>
    public TimeSpan MinInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maximum interval between regular announces, even if the tracker requests a longer one. With a wrong interval of
    /// weeks, this client would find no new peers.
    /// </summary>
    public TimeSpan MaxInterval { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Wait after the first failed announce to a tracker. The wait doubles with each further failure.
    /// </summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maximum wait after a failed announce. A random time of up to a quarter of the wait is added. The maximum equals
    /// the most common announce interval.
    /// </summary>
    public TimeSpan MaxRetry { get; init; } = TimeSpan.FromMinutes(30);
}
