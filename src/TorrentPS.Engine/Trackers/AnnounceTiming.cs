namespace TorrentPS.Engine.Trackers;

/// <summary>The times that an <see cref="AnnounceSchedule"/> keeps to.</summary>
internal sealed record AnnounceTiming
{
    /// <summary>The shortest regular interval followed, whatever the tracker says: a mistake there must not make us a flood.</summary>
    public TimeSpan MinInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest interval followed: a torrent that runs for weeks should not fall out of a swarm by a mistake either.</summary>
    public TimeSpan MaxInterval { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The least time between two announces that the user asks for, when the tracker sets none.</summary>
    public TimeSpan DefaultMinInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest wait before the first announce after a restart, whatever was remembered: others are to find us again.</summary>
    public TimeSpan MaxRecalled { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The least time between two announces while there are no peers at all: what a person may press in vain.</summary>
    public TimeSpan NoPeersMinInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The wait after a tracker's first failure; each further one doubles it.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait after a failure.</summary>
    public TimeSpan MaxRetry { get; init; } = TimeSpan.FromMinutes(30);
}
