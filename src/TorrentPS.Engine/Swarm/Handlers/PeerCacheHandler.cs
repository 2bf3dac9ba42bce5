using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Has the peers remembered that worked, so that the next start need not look for them. Nothing is kept of a private torrent (BEP 27).</summary>
internal sealed class PeerCacheHandler(SwarmState swarm)
{
    /// <summary>How often; what came since is lost when the process is killed.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(30);

    /// <summary>The first time: a short run should leave something, too.</summary>
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(5);

    /// <summary>Of those that left meanwhile so many are kept in mind.</summary>
    private const int MaxLeft = 100;

    private readonly List<GoodPeer> _left = [];
    private TimeSpan _due = s_first;

    public void OnTick()
    {
        if (swarm.Uptime < _due)
            return;
        _due = swarm.Uptime + s_period;
        Tell();
    }

    /// <summary>A peer leaves.</summary>
    public void OnClosed(Peer peer)
    {
        if (_left.Count < MaxLeft && AsGood(peer) is { } good)
            _left.Add(good);
    }

    /// <summary>Tells of all that worked until now.</summary>
    public void Tell()
    {
        if (swarm.Settings.IsPrivate || !swarm.HasMetadata)
            return;
        var good = new List<GoodPeer>(_left);
        _left.Clear();
        foreach (Peer peer in swarm.Peers.All)
        {
            // One that is just let go worked all the same: a download that is done lets its seeds go before it ends.
            if (AsGood(peer) is { } one)
                good.Add(one);
        }

        if (good.Count > 0)
            swarm.Host.Remember(good);
    }

    /// <summary>A peer that can be called again and was of use: it moved content, or at least answered when we called.</summary>
    private GoodPeer? AsGood(Peer peer)
    {
        bool isSuspect = peer.Misbehaved || peer.OnParole || swarm.Trust.LevelOf(peer.Origin) == TrustLevel.Banned;
        if (isSuspect || peer.ListensAt is not { } endPoint)
            return null;
        long moved = peer.Downloaded - peer.Wasted - peer.HashFailed + peer.Link.Traffic.PayloadSent;
        if (peer.Incoming && moved <= 0)
            return null;
        double seconds = Math.Max(1, (swarm.Uptime - peer.ConnectedAt).TotalSeconds);
        return new GoodPeer(endPoint, (long)(Math.Max(0, moved) / seconds));
    }
}
