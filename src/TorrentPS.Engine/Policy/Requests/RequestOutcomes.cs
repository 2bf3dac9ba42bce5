namespace TorrentPS.Engine.Policy.Requests;

/// <summary>
/// Counts how a peer answers requests while it is not choking this client: with blocks, with rejects or not at all.
/// </summary>
internal sealed class RequestOutcomes
{
    /// <summary>
    /// Minimum number of rejects for <see cref="RejectsMost"/> to be true. A well-behaved peer may reject some
    /// requests, for example when its queue is full.
    /// </summary>
    public const int RejectThreshold = 64;

    /// <summary>
    /// Time after which a peer that sends no requested block counts as stalled. The time begins with the first
    /// timed-out request after the last received block. Shorter interruptions of the network are tolerated.
    /// </summary>
    public static readonly TimeSpan MaxStall = TimeSpan.FromMinutes(3);

    private long _answered;
    private long _rejected;
    private TimeSpan? _stalledSince;

    /// <summary>
    /// Whether the peer has rejected at least <see cref="RejectThreshold"/> requests, and has rejected more requests
    /// than it answered with blocks.
    /// </summary>
    public bool RejectsMost => _rejected >= RejectThreshold && _rejected > _answered;

    /// <summary>
    /// Returns whether the peer is stalled: its requests timed out at least <see cref="MaxStall"/> ago, and it has sent
    /// no requested block since then.
    /// </summary>
    /// <param name="now">The time since the torrent was added.</param>
    public bool IsStalled(TimeSpan now) => _stalledSince is { } since && now - since >= MaxStall;

    public void OnBlock()
    {
        _answered++;
        _stalledSince = null;
    }

    /// <summary>Counts a rejected request. Must not be called while the peer is choking this client.</summary>
    public void OnReject() => _rejected++;

    /// <summary>
    /// Records a timeout of the peer's requests. Has no effect if requests already timed out since the last block.
    /// </summary>
    /// <param name="now">The time since the torrent was added.</param>
    public void OnTimeout(TimeSpan now) => _stalledSince ??= now;
}
