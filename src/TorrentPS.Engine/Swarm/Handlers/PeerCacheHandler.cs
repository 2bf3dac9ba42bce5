using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Stores useful peers in the peer cache for the torrent's next start. Nothing is stored for a private torrent (BEP
/// 27), or before the metadata shows whether the torrent is private.
/// </summary>
internal sealed class PeerCacheHandler(SwarmState swarm)
{
    /// <summary>Interval between two saves. Changes since the last save are lost if the process is killed.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Time of the first save after the torrent was added. It is early, so that peers are stored in a short session
    /// too.
    /// </summary>
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Maximum number of disconnected peers kept until the next save. It limits the memory used if many connections are
    /// short.
    /// </summary>
    private const int MaxLeft = 100;

    private readonly List<GoodPeer> _left = [];
    private TimeSpan _due = s_first;

    public void OnTick()
    {
        if (swarm.Uptime < _due)
            return;
        _due = swarm.Uptime + s_period;
        Save();
    }

    /// <summary>Keeps the cache entry of a disconnected peer until the next save, if the peer was useful.</summary>
    public void OnClosed(Peer peer)
    {
        if (_left.Count < MaxLeft && AsGood(peer) is { } good)
            _left.Add(good);
    }

    /// <summary>Stores the useful peers that are connected or have disconnected since the last save.</summary>
    public void Save()
    {
        if (swarm.Settings.IsPrivate || !swarm.HasMetadata)
            return;
        var good = new List<GoodPeer>(_left);
        _left.Clear();
        foreach (Peer peer in swarm.Peers.All)
        {
            // Closing peers are included: a finished download disconnects its seeds before the torrent ends.
            if (AsGood(peer) is { } one)
                good.Add(one);
        }

        if (good.Count > 0)
            swarm.Host.CachePeers(good);
    }

    /// <summary>
    /// Returns the cache entry of a useful peer: one that this client dialed or exchanged payload with.
    /// </summary>
    /// <returns>
    /// Null for other peers, for those whose listen address is unknown, and for those that misbehaved, are on parole or
    /// are banned.
    /// </returns>
    private GoodPeer? AsGood(Peer peer)
    {
        bool isSuspect = peer.Misbehaved || peer.OnParole || swarm.Trust.LevelOf(peer.Origin) == TrustLevel.Banned;
        if (isSuspect || peer.ListenEndPoint is not { } endPoint)
            return null;
        long moved = peer.Downloaded - peer.Wasted - peer.HashFailed + peer.Link.Traffic.PayloadSent;
        if (peer.Incoming && moved <= 0)
            return null;
        double seconds = Math.Max(1, (swarm.Uptime - peer.ConnectedAt).TotalSeconds);
        return new GoodPeer(endPoint, (long)(Math.Max(0, moved) / seconds));
    }
}
