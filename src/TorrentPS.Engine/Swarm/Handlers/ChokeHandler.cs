using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Whether a peer serves us, and whether it wants us to serve it: choke, unchoke, interested, not interested.</summary>
internal sealed class ChokeHandler(SwarmState swarm, Requester requester, Unchoker unchoker, AllowedFastHandler favours)
{
    public void OnChoke(Peer peer)
    {
        peer.IsChokingUs = true;

        // With the Fast extension each request is answered, choked or not; without it a choke drops them all (BEP 6).
        if (!peer.SupportsFast)
            requester.ReleaseAll(peer, cancel: false);
    }

    public void OnUnchoke(Peer peer)
    {
        if (!peer.IsChokingUs)
            return;
        peer.IsChokingUs = false;
        peer.LastService = swarm.Now;
        peer.Depth.Restart();
    }

    /// <summary>
    /// A peer wants to be served, or no longer. It is asked for once per batch of messages: one that goes to and fro must not cost a
    /// decision about all peers each time.
    /// </summary>
    public void OnInterestChanged(Peer peer)
    {
        if (!swarm.IsTransferring)
            return;
        unchoker.Decide();
        favours.Offer(peer);
    }
}
