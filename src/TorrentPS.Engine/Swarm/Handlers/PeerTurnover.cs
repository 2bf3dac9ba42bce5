using System.Net;
using TorrentPS.Engine.Policy.Addresses;
using TorrentPS.Engine.Policy.Connections;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Replaces the worst peer by a better one when the maximum number of peers is connected. <see cref="PeerRanking"/>
/// decides which peer is worse.
/// </summary>
internal sealed class PeerTurnover(SwarmState swarm)
{
    /// <summary>
    /// Minimum time between two dials that are made to replace a peer. A shorter time would cause many short
    /// connections.
    /// </summary>
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(75);

    private ConnectionMetrics[] _metrics = [];
    private TimeSpan _intervalStart;

    /// <summary>
    /// Returns the canonical priority of a connection to an address (BEP 40); zero while this client's external address
    /// is unknown.
    /// </summary>
    public uint PriorityOf(IPEndPoint peer) =>
        swarm.ExternalAddress.For(peer.Address) is { } self
            ? CanonicalPriority.Of(new IPEndPoint(self, swarm.Settings.ListenPort), peer)
            : 0;

    /// <summary>
    /// Disconnects the worst peer if a new peer is better. Does nothing while a peer that was replaced earlier is still
    /// closing.
    /// </summary>
    /// <param name="newPeer">The address of the new peer.</param>
    /// <returns>Whether a peer was disconnected.</returns>
    public bool TryMakeRoom(IPEndPoint newPeer)
    {
        if (swarm.Peers.Count > swarm.Settings.Torrent.MaxPeers || FindWorst() is not { } worst
            || !IsBetter(newPeer, worst))
            return false;
        swarm.Peers.All[worst].Disconnect(DisconnectReason.TooMany);
        return true;
    }

    /// <summary>
    /// Begins the next interval between replacements if the current one has passed and no address is being dialed.
    /// Returns whether an interval was begun. The caller may then dial the address of a better peer.
    /// </summary>
    public bool TryBeginInterval()
    {
        bool begins = swarm.Uptime - _intervalStart >= s_period && swarm.Candidates.Dialing == 0;
        if (begins)
            _intervalStart = swarm.Uptime;
        return begins;
    }

    /// <summary>
    /// Whether a peer at an address would be better than the worst connected peer. False if no connected peer may be
    /// replaced.
    /// </summary>
    public bool IsBetterThanWorst(IPEndPoint candidate) => FindWorst() is { } worst && IsBetter(candidate, worst);

    private bool IsBetter(IPEndPoint newPeer, int worst) =>
        PeerRanking.ShouldReplace(_metrics[worst], PriorityOf(newPeer));

    private int? FindWorst()
    {
        IReadOnlyList<Peer> peers = swarm.Peers.All;
        if (_metrics.Length < peers.Count)
            _metrics = new ConnectionMetrics[peers.Count * 2];
        for (int i = 0; i < peers.Count; i++)
            _metrics[i] = MetricsOf(peers[i]);
        int worst = PeerRanking.FindWorst(_metrics.AsSpan(0, peers.Count));
        return worst < 0 ? null : worst;
    }

    private ConnectionMetrics MetricsOf(Peer peer)
    {
        // Age zero excludes a peer from replacement. A closing peer leaves anyway; a web seed is not counted as a peer.
        TimeSpan age = peer.IsClosing || peer.IsWebSeed ? TimeSpan.Zero : swarm.Uptime - peer.ConnectedAt;
        bool isUseful = swarm.Uptime - peer.UsefulAt < PeerRanking.Grace || (!swarm.HasMetadata && peer.OffersMetadata);
        long recentBytes = swarm.State == TorrentState.Downloading ? peer.RecentlyDownloaded : peer.RecentlyUploaded;
        bool isKnown = swarm.ExternalAddress.For(peer.Link.EndPoint.Address) is not null;
        uint priority = isKnown ? PriorityOf(peer.Link.EndPoint) : uint.MaxValue;
        return new ConnectionMetrics(priority, recentBytes, isUseful, age);
    }
}
