using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <summary>The status of one of a torrent's trackers.</summary>
public sealed record TrackerStatus
{
    /// <summary>The announce URL. It may contain a secret.</summary>
    public required Uri Url { get; init; }

    /// <summary>
    /// The zero-based tier (BEP 12). The trackers of a tier are used only if all trackers of the tiers before it
    /// failed.
    /// </summary>
    public required int Tier { get; init; }

    /// <summary>The state of the last announce.</summary>
    public TrackerState State { get; init; }

    /// <summary>The warning message in the tracker's last response; null if there is none.</summary>
    public string? Message { get; init; }

    /// <summary>Why the last announce failed, as a sentence; null if it did not fail.</summary>
    public string? Failure { get; init; }

    /// <summary>
    /// Kind of the failure that <see cref="Failure"/> describes; null if the last announce did not fail.
    /// </summary>
    public TrackerErrorKind? FailureKind { get; init; }

    /// <summary>
    /// Number of seeds in the swarm that the tracker last reported in response to an announce or a scrape; null if the
    /// tracker has reported no number.
    /// </summary>
    public int? Seeds { get; init; }

    /// <summary>
    /// Number of leeches in the swarm that the tracker last reported in response to an announce or a scrape; null if
    /// the tracker has reported no number.
    /// </summary>
    public int? Leeches { get; init; }

    /// <summary>
    /// Number of completed downloads that the tracker has counted, according to the last scrape (BEP 48); null before
    /// the first successful scrape.
    /// </summary>
    public int? Completed { get; init; }

    /// <summary>When the tracker last responded to a scrape; null before the first response.</summary>
    public DateTimeOffset? LastScrape { get; init; }

    /// <summary>Why the last scrape failed, as a sentence; null if it did not fail.</summary>
    public string? ScrapeFailure { get; init; }

    /// <summary>Number of peers in the tracker's last response; 0 before the first response.</summary>
    public int PeersReceived { get; init; }

    /// <summary>When the tracker last responded to an announce; null before the first response.</summary>
    public DateTimeOffset? LastAnnounce { get; init; }

    /// <summary>
    /// The earliest time that the tracker allows for the next announce ("min interval"). Null before the first
    /// response, and if the last response contains no minimum interval.
    /// </summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>
    /// When the next announce to the tracker will be sent. Null while an announce is in progress. Also null for a
    /// tracker that is used only if the trackers before it fail.
    /// </summary>
    public DateTimeOffset? NextAnnounce { get; init; }

    /// <summary>Returns the URL without its secrets, and the state.</summary>
    public override string ToString() => $"{DisplayUrl.OfTracker(Url)}: {State}";
}

/// <summary>The state of the announces to a tracker.</summary>
public enum TrackerState
{
    /// <summary>No announce has been sent yet.</summary>
    NotContacted,

    /// <summary>An announce is in progress.</summary>
    Announcing,

    /// <summary>The last announce succeeded.</summary>
    Working,

    /// <summary>The last announce failed.</summary>
    Failed,
}
