using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

internal sealed class ChokeHandler(
    SwarmState swarm, Requester requester, Unchoker unchoker, AllowedFastHandler allowedFast)
{
    public void OnChoke(Peer peer)
    {
        peer.IsChokingUs = true;

        // A peer with the Fast extension answers every request (BEP 6). Without it, a choke drops all requests.
        if (!peer.SupportsFast)
            requester.ReleaseAll(peer, cancel: false);
    }

    public void OnUnchoke(Peer peer)
    {
        if (!peer.IsChokingUs)
            return;
        peer.IsChokingUs = false;
        peer.SnubTimerStart = swarm.Now;
        peer.Depth.Restart();
    }

    /// <summary>
    /// Runs the choker and grants allowed fast pieces after a peer changed its interest. Called once per batch of
    /// messages, because the choker examines all peers.
    /// </summary>
    public void OnInterestChanged(Peer peer)
    {
        if (!swarm.IsTransferring)
            return;
        unchoker.Decide();
        allowedFast.Grant(peer);
    }
}
