using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Handles the messages that announce pieces: have, bitfield and have all.</summary>
internal sealed class AvailabilityHandler(
    SwarmState swarm, Requester requester, SuperSeedHandler superSeeding, SuggestHandler suggestions)
{
    public void OnHave(Peer peer, PieceIndex piece)
    {
        if ((uint)piece.Value >= (uint)peer.Have.PieceCount)
        {
            peer.Disconnect(
                DisconnectReason.ProtocolError, $"It sent piece index {piece.Value}, which the torrent does not have.");
            return;
        }

        if (!peer.Have.Add(piece))
            return;
        swarm.Picker.PeerHas(piece, peer.Have);
        superSeeding.OnHave(peer, piece);
        suggestions.OnHave(peer);
        if (!peer.AmInterested && swarm.Picker.Wants(piece))
            requester.UpdateInterest(peer);
        CheckSeed(peer);
    }

    public void OnBitfield(Peer peer, ReadOnlySpan<byte> bytes)
    {
        swarm.Picker.PeerLeft(peer.Have);
        bool isValid = peer.Have.TryLoad(bytes);
        swarm.Picker.PeerJoined(peer.Have);
        if (!isValid)
        {
            peer.Disconnect(DisconnectReason.ProtocolError, "Its bitfield does not fit the number of pieces.");
            return;
        }

        requester.UpdateInterest(peer);
        CheckSeed(peer);
    }

    public void OnHaveAll(Peer peer)
    {
        swarm.Picker.PeerLeft(peer.Have);
        peer.Have.Fill();
        swarm.Picker.PeerJoined(peer.Have);
        requester.UpdateInterest(peer);
        CheckSeed(peer);
    }

    /// <summary>
    /// If the peer is a seed, marks its address as that of a seed in the list of candidates. Disconnects a seed or
    /// upload-only peer if this client has all wanted pieces.
    /// </summary>
    public void CheckSeed(Peer peer)
    {
        if (peer is { IsSeed: true, IsWebSeed: false })
            swarm.Candidates.MarkSeed(peer.Link.EndPoint);
        bool isFinished = swarm.State is TorrentState.Finished or TorrentState.Seeding;
        if (isFinished && (peer.IsSeed || peer.IsUploadOnly))
            peer.Disconnect(DisconnectReason.Useless);
    }
}
