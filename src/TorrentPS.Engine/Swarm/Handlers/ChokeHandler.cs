using TorrentPS.Engine.Peers;
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

    /// <summary>
    /// A peer wants to be served, or no longer. It is asked for once per batch of messages: one that goes to and fro must not cost a
    /// decision about all peers each time.
    /// </summary>
    public void OnInterestChanged() => unchoker.Decide();

    public void OnAllowedFast(Peer peer, PieceIndex piece)
    {
        if ((uint)piece.Value >= (uint)peer.Have.PieceCount)
            peer.Disconnect(DisconnectReason.ProtocolError);
        else if (peer.AllowedFast.Count < Peer.MaxFastPieces && swarm.Picker.Wants(piece) && !peer.AllowedFast.Contains(piece))
            peer.AllowedFast.Add(piece);
    }
}
