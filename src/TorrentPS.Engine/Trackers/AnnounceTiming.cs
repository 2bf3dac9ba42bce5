namespace TorrentPS.Engine.Trackers;

/// <summary>The time limits of an <see cref="AnnounceSchedule"/>.</summary>
internal sealed record AnnounceTiming
{
    /// <summary>
    /// Minimum interval between regular announces, even if the tracker gives a shorter one, which may be a mistake.
    /// </summary>
    public TimeSpan MinInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maximum interval between regular announces, even if the tracker gives a longer one. Without it, a mistake could
    /// remove a torrent from the swarm for weeks.
    /// </summary>
    public TimeSpan MaxInterval { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Minimum time between announces that are made early to get peers, when the tracker gives no minimum interval.
    /// </summary>
    public TimeSpan DefaultMinInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Maximum wait before the first announce after a restart, even if the tracker's last response allows none yet.
    /// Until then other peers can't find this client through the tracker.
    /// </summary>
    public TimeSpan MaxRestoredWait { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Minimum time between announces that are made early while no tracker has returned a peer. It bounds the load from
    /// a user who repeats the command.
    /// </summary>
    public TimeSpan NoPeersMinInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Wait after a tracker's first failure. It doubles with each further one.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Maximum wait after a failure.</summary>
    public TimeSpan MaxRetry { get; init; } = TimeSpan.FromMinutes(30);
}
