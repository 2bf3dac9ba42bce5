namespace TorrentPS.Engine.Trackers;

/// <summary>What an <see cref="AnnounceSchedule"/> remembers of one tracker.</summary>
internal sealed class ScheduledTracker(Uri url, int tier)
{
    public Uri Url { get; } = url;

    public int Tier { get; } = tier;

    /// <summary>Whether it answered an announce with <c>started</c>: only then does it get <c>completed</c> and <c>stopped</c>.</summary>
    public bool HeardStarted { get; set; }

    /// <summary>Whether the download was completed since it heard <c>started</c>, and it was not told yet.</summary>
    public bool OwedCompleted { get; set; }

    public string? TrackerId { get; set; }

    /// <summary>Failures since the last success.</summary>
    public int Failures { get; set; }

    public TimeSpan LastTried { get; set; }

    /// <summary>Not to be asked before; <see cref="TimeSpan.MaxValue"/> means never again.</summary>
    public TimeSpan RetryAt { get; set; }
}
