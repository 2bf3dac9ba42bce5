using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Whether a peer serves us, and whether it wants us to serve it: choke, unchoke, interested, not interested, allowed fast.</summary>
internal sealed class ChokeHandler(SwarmState swarm, Requester requester, Unchoker unchoker)
{
    public void OnChoke(Peer peer)
    {
        peer.IsChokingUs = true;

        // With the Fast extension each request is answered, choked or not; without it a choke drops them all (BEP 6).
        if (!peer.SupportsFast)
            requester.ReleaseAll(peer, cancel: false);
    }

    public static void OnUnchoke(Peer peer)
    {
        if (!peer.IsChokingUs)
            return;
        peer.IsChokingUs = false;
        peer.Depth.Restart();
    }

    /// <summary>A peer that says again what it said before must not cost a decision about all peers.</summary>
    public void OnInterest(Peer peer, bool isInterested)
    {
        if (peer.IsInterested == isInterested)
            return;
        peer.IsInterested = isInterested;
        unchoker.Decide();
    }

    public void OnAllowedFast(Peer peer, PieceIndex piece)
    {
        if (peer.SupportsFast && peer.AllowedFast.Count < Peer.MaxFastPieces && swarm.Picker.Wants(piece) && !peer.AllowedFast.Contains(piece))
            peer.AllowedFast.Add(piece);
    }
}
