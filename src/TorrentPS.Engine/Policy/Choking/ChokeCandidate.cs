namespace TorrentPS.Engine.Policy.Choking;

/// <summary>What the choker weighs of a connected peer. Times are those of one clock that never goes back.</summary>
/// <param name="Peer">Its slot.</param>
/// <param name="IsInterested">Whether it wants something we have.</param>
/// <param name="IsUnchoked">Whether it is unchoked now.</param>
/// <param name="Reason">Why, by the decision before; anything for a new peer.</param>
/// <param name="ConnectedAt">When it connected.</param>
/// <param name="UnchokedAt">When it was last unchoked; null if never.</param>
/// <param name="GivesRate">What it gives us, in bytes/s, as a moving average.</param>
/// <param name="TakesRate">What it takes from us, in bytes/s, as a moving average.</param>
/// <param name="IsSnubbing">Whether it has us unchoked, was asked, and gave nothing for a minute.</param>
internal readonly record struct ChokeCandidate(
    PeerIndex Peer,
    bool IsInterested,
    bool IsUnchoked,
    ChokeReason Reason,
    TimeSpan ConnectedAt,
    TimeSpan? UnchokedAt,
    long GivesRate,
    long TakesRate,
    bool IsSnubbing)
{
    /// <summary>Whether it chokes us.</summary>
    public bool IsChokingUs { get; init; }

    /// <summary>Whether it ever gave us anything.</summary>
    public bool HasGiven { get; init; }

    /// <summary>Whether it has something we want.</summary>
    public bool HasWanted { get; init; }

    /// <summary>How long it has been unchoked.</summary>
    public TimeSpan StayAt(TimeSpan now) => now - (UnchokedAt ?? now);
}

/// <summary>What the choker decided about a peer.</summary>
/// <param name="IsUnchoked">Whether it may request.</param>
/// <param name="Reason">Why.</param>
/// <param name="Rank">Its place in the choker's order, 1 being the first; null when it has none.</param>
/// <param name="UploadLimit">What it may take in bytes/s; null for as much as it can.</param>
internal readonly record struct ChokeDecision(bool IsUnchoked, ChokeReason Reason, int? Rank = null, long? UploadLimit = null);
