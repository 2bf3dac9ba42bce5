using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Engine.Policy.Connections;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Who makes room for whom when there are as many peers as may be (<see cref="PeerRanking"/>).</summary>
internal sealed class PeerTurnover(SwarmState swarm)
{
    /// <summary>A full torrent tries another address so often, if it is better than what it has: so the swarm stays mixed, and nobody hurries.</summary>
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(75);

    private ConnectionMetrics[] _standings = [];
    private TimeSpan _lastLook;

    /// <summary>The canonical priority of an address; zero while it is not known how peers see us.</summary>
    public uint PriorityOf(IPEndPoint peer) =>
        swarm.ExternalAddress.For(peer.Address) is { } self ? CanonicalPriority.Of(new IPEndPoint(self, swarm.Settings.ListenPort), peer) : 0;

    /// <summary>Lets the worst peer go for another, if that is better. One at a time: the last must have left.</summary>
    /// <param name="newcomer">Who wants in.</param>
    public bool TryMakeRoom(IPEndPoint newcomer)
    {
        if (swarm.Peers.Count > swarm.Settings.Torrent.MaxPeers || FindWorst() is not { } worst || !IsBetter(newcomer, worst))
            return false;
        swarm.Peers.All[worst].Disconnect(DisconnectReason.TooMany);
        return true;
    }

    /// <summary>Whether it is time to look for something better than the worst peer.</summary>
    public bool IsDue()
    {
        bool isDue = swarm.Uptime - _lastLook >= s_period && swarm.Candidates.Dialing == 0;
        if (isDue)
            _lastLook = swarm.Uptime;
        return isDue;
    }

    /// <summary>Whether an address would take the place of the worst peer.</summary>
    public bool IsWorthTrying(IPEndPoint candidate) => FindWorst() is { } worst && IsBetter(candidate, worst);

    private bool IsBetter(IPEndPoint newcomer, int worst) => PeerRanking.ShouldReplace(_standings[worst], PriorityOf(newcomer));

    private int? FindWorst()
    {
        IReadOnlyList<Peer> peers = swarm.Peers.All;
        if (_standings.Length < peers.Count)
            _standings = new ConnectionMetrics[peers.Count * 2];
        for (int i = 0; i < peers.Count; i++)
            _standings[i] = StandingOf(peers[i]);
        int worst = PeerRanking.FindWorst(_standings.AsSpan(0, peers.Count));
        return worst < 0 ? null : worst;
    }

    private ConnectionMetrics StandingOf(Peer peer)
    {
        // One that is going already makes room without being told, and a web seed takes none.
        TimeSpan age = peer.IsClosing || peer.IsWebSeed ? TimeSpan.Zero : swarm.Uptime - peer.ConnectedAt;
        bool isUseful = swarm.Uptime - peer.UsefulAt < PeerRanking.Grace || (!swarm.HasMetadata && peer.OffersMetadata);
        long traded = swarm.State == TorrentState.Downloading ? peer.GivenLately : peer.TakenLately;
        bool isKnown = swarm.ExternalAddress.For(peer.Link.EndPoint.Address) is not null;
        return new ConnectionMetrics(isKnown ? PriorityOf(peer.Link.EndPoint) : uint.MaxValue, traded, isUseful, age);
    }
}
