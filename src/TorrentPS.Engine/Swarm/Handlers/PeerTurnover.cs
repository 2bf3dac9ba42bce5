using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Engine.Policy.Connections;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Replaces the worst peer by a better one when the maximum number of peers is connected. <see cref="PeerRanking"/>
/// compares the peers.
/// </summary>
internal sealed class PeerTurnover(SwarmState swarm)
{
    /// <summary>
    /// Interval at which a torrent with the maximum number of peers dials an address better than its worst peer. It
    /// renews the peers slowly, without many short connections.
    /// </summary>
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(75);

    private ConnectionMetrics[] _standings = [];
    private TimeSpan _lastLook;

    /// <summary>
    /// Returns the canonical priority of an address (BEP 40); zero while this client's external address is unknown.
    /// </summary>
    public uint PriorityOf(IPEndPoint peer) =>
        swarm.ExternalAddress.For(peer.Address) is { } self
            ? CanonicalPriority.Of(new IPEndPoint(self, swarm.Settings.ListenPort), peer)
            : 0;

    /// <summary>
    /// Disconnects the worst peer if a new peer is better. Does nothing while more than the maximum number of peers are
    /// connected, because a peer that was replaced before is then still closing.
    /// </summary>
    /// <param name="newcomer">The address of the new peer.</param>
    /// <returns>Whether a peer was disconnected.</returns>
    public bool TryMakeRoom(IPEndPoint newcomer)
    {
        if (swarm.Peers.Count > swarm.Settings.Torrent.MaxPeers || FindWorst() is not { } worst
            || !IsBetter(newcomer, worst))
            return false;
        swarm.Peers.All[worst].Disconnect(DisconnectReason.TooMany);
        return true;
    }

    /// <summary>
    /// Whether it is time to dial a better address: the interval has passed and no address is being dialed. If so, the
    /// next interval begins.
    /// </summary>
    public bool IsDue()
    {
        bool isDue = swarm.Uptime - _lastLook >= s_period && swarm.Candidates.Dialing == 0;
        if (isDue)
            _lastLook = swarm.Uptime;
        return isDue;
    }

    /// <summary>
    /// Whether a peer at an address would be better than the worst connected peer. False if no connected peer can be
    /// replaced.
    /// </summary>
    public bool IsWorthTrying(IPEndPoint candidate) => FindWorst() is { } worst && IsBetter(candidate, worst);

    private bool IsBetter(IPEndPoint newcomer, int worst) =>
        PeerRanking.ShouldReplace(_standings[worst], PriorityOf(newcomer));

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
        // Age zero excludes a peer from replacement. A closing peer leaves anyway; a web seed is not counted as a peer.
        TimeSpan age = peer.IsClosing || peer.IsWebSeed ? TimeSpan.Zero : swarm.Uptime - peer.ConnectedAt;
        bool isUseful = swarm.Uptime - peer.UsefulAt < PeerRanking.Grace || (!swarm.HasMetadata && peer.OffersMetadata);
        long traded = swarm.State == TorrentState.Downloading ? peer.RecentlyDownloaded : peer.RecentlyUploaded;
        bool isKnown = swarm.ExternalAddress.For(peer.Link.EndPoint.Address) is not null;
        return new ConnectionMetrics(isKnown ? PriorityOf(peer.Link.EndPoint) : uint.MaxValue, traded, isUseful, age);
    }
}
