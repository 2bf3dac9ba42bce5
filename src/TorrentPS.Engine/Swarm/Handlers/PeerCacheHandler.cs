using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Saves useful peers in the peer cache for the next start. Nothing is saved for a private torrent (BEP 27), or while
/// the metadata does not yet say whether it is private.
/// </summary>
internal sealed class PeerCacheHandler(SwarmState swarm)
{
    /// <summary>Interval between saves. Later changes are lost when the process is killed.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(30);

    /// <summary>Time of the first save. It is short, so that a short run saves peers too.</summary>
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Maximum peers kept that have left since the last save. It bounds memory when many connections are short.
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

    /// <summary>Keeps a useful peer that has left until the next save.</summary>
    public void OnClosed(Peer peer)
    {
        if (_left.Count < MaxLeft && AsGood(peer) is { } good)
            _left.Add(good);
    }

    /// <summary>Saves the useful peers that are connected or have left since the last save.</summary>
    public void Save()
    {
        if (swarm.Settings.IsPrivate || !swarm.HasMetadata)
            return;
        var good = new List<GoodPeer>(_left);
        _left.Clear();
        foreach (Peer peer in swarm.Peers.All)
        {
            // Closing peers count too: a finished download disconnects its seeds before it ends.
            if (AsGood(peer) is { } one)
                good.Add(one);
        }

        if (good.Count > 0)
            swarm.Host.CachePeers(good);
    }

    /// <summary>
    /// Gets the cache entry of a peer whose listen address is known and that was useful: payload was transferred, or
    /// this client dialed it. Null for other peers and for those that misbehaved.
    /// </summary>
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
