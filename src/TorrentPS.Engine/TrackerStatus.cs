namespace TorrentPS.Engine;

/// <summary>One of a torrent's trackers, as it stands.</summary>
public sealed record TrackerStatus
{
    /// <summary>The announce URL. It may hold a secret.</summary>
    public required Uri Url { get; init; }

    /// <summary>The zero-based tier (BEP 12): a tier is used when every tracker of those before it failed.</summary>
    public required int Tier { get; init; }

    /// <summary>How it stands.</summary>
    public TrackerState State { get; init; }

    /// <summary>What the tracker last had to say besides its answer.</summary>
    public string? Message { get; init; }

    /// <summary>Why the last announce failed; null when it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>The kind of that failure.</summary>
    public TrackerErrorKind? FailureKind { get; init; }

    /// <summary>Seeds that the tracker counts, if it told.</summary>
    public int? Seeds { get; init; }

    /// <summary>Leeches that the tracker counts, if it told.</summary>
    public int? Leeches { get; init; }

    /// <summary>Peers in the last answer.</summary>
    public int PeersReceived { get; init; }

    /// <summary>When the last announce was answered.</summary>
    public DateTimeOffset? LastAnnounce { get; init; }

    /// <summary>Before when it wants no further announce, as of its last answer.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>When it is asked next, as far as is known.</summary>
    public DateTimeOffset? NextAnnounce { get; init; }
}

/// <summary>How a torrent stands with one of its trackers.</summary>
public enum TrackerState
{
    /// <summary>Not asked yet.</summary>
    NotContacted,

    /// <summary>Being asked now.</summary>
    Announcing,

    /// <summary>The last announce succeeded.</summary>
    Working,

    /// <summary>The last announce failed.</summary>
    Failed,
}
