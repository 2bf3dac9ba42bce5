namespace TorrentPS.Engine.Policy.Choking;

/// <summary>State of one connected peer, as input of a choker. All times count from the same moment.</summary>
/// <param name="Peer">The index of the peer.</param>
/// <param name="IsInterested">
/// Whether the peer is interested in this client; false for seeds, upload-only peers (BEP 21) and peers whose
/// connection is closing.
/// </param>
/// <param name="IsUnchoked">Whether this client unchokes the peer now.</param>
/// <param name="Reason">The reason in the previous decision about the peer; meaningless for a new peer.</param>
/// <param name="ConnectedAt">When the peer connected.</param>
/// <param name="UnchokedAt">When this client last unchoked the peer; null if never.</param>
/// <param name="DownloadRate">The moving average of the download rate from the peer, in bytes/s.</param>
/// <param name="UploadRate">The moving average of the upload rate to the peer, in bytes/s.</param>
/// <param name="IsSnubbed">
/// Whether the peer is snubbed: it unchokes this client, has open requests and has sent no requested block for a
/// minute.
/// </param>
internal readonly record struct ChokeCandidate(
    PeerIndex Peer,
    bool IsInterested,
    bool IsUnchoked,
    ChokeReason Reason,
    TimeSpan ConnectedAt,
    TimeSpan? UnchokedAt,
    long DownloadRate,
    long UploadRate,
    bool IsSnubbed)
{
    public bool IsChokingUs { get; init; }

    public bool HasSentData { get; init; }

    public bool IsInteresting { get; init; }

    /// <summary>Returns the time since this client last unchoked the peer; zero if it never did.</summary>
    public TimeSpan UnchokedFor(TimeSpan now) => now - (UnchokedAt ?? now);
}

/// <summary>Decision of a choker about one peer.</summary>
/// <param name="IsUnchoked">Whether this client unchokes the peer.</param>
/// <param name="Reason">Why the peer is choked or unchoked.</param>
/// <param name="Rank">
/// The peer's position in the choker's ranking, starting at 1; null if the choker didn't rank the peer.
/// </param>
/// <param name="UploadLimit">The upload limit for this peer in bytes/s; null for none.</param>
internal readonly record struct ChokeDecision(
    bool IsUnchoked, ChokeReason Reason, int? Rank = null, long? UploadLimit = null);
