using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Finds out whether a download is stalled: it has received nothing new for <see cref="Timeout"/>. Wasted payload and
/// payload that failed its hash check do not count.
/// </summary>
internal sealed class StallHandler(SwarmState swarm)
{
    /// <summary>
    /// Time without new data after which a download is stalled. Shorter pauses are common in a working swarm, because
    /// peers reassign their upload slots every ten seconds and the optimistic unchoke every 30 seconds.
    /// </summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private TorrentState _state;
    private long _received;
    private long _lastProgress = swarm.Now;
    private DateTimeOffset _since = swarm.AddedAt;

    /// <summary>Time without new data; zero if the torrent does not download.</summary>
    public TimeSpan Idle => swarm.IsDownloading ? swarm.Since(_lastProgress) : TimeSpan.Zero;

    public void OnTick()
    {
        long received = Received();
        bool isStart = swarm.State != _state || !swarm.IsDownloading;
        if (isStart || received > _received || swarm.Peers.All.Any(peer => peer.Link.IsHeldBack))
        {
            (_lastProgress, _since) = (swarm.Now, swarm.Time.GetUtcNow());
            swarm.ChangeStall(null);
        }
        else if (swarm.Since(_lastProgress) >= Timeout)
        {
            swarm.ChangeStall(new Stall(ReasonNow(), _since));
        }

        (_state, _received) = (swarm.State, received);
    }

    /// <summary>
    /// Bytes of metadata and needed payload received so far. The number falls when wrong data is found.
    /// </summary>
    private long Received() =>
        swarm.Totals.Downloaded - swarm.Totals.Wasted - swarm.Totals.HashFailed + swarm.MetadataFetch.Progress.Received;

    private StalledReason ReasonNow()
    {
        Peer[] peers = [.. swarm.Peers.All.Where(peer => !peer.IsClosing)];
        Peer[] useful = [.. peers.Where(peer => peer.AmInterested)];
        return peers.Length == 0 ? StalledReason.NoPeers
            : !swarm.HasMetadata ? StalledReason.NoMetadata
            : useful.Length == 0 ? StalledReason.NoWantedPieces
            : useful.All(peer => peer.IsChokingUs) ? StalledReason.Choked
            : StalledReason.NoData;
    }
}
