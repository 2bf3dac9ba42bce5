using System.Numerics;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Handles the messages that announce pieces: have, bitfield and have all. Stores those that arrive before the
/// metadata is known and existing data is checked, and applies them after that check.
/// </summary>
internal sealed class AvailabilityHandler(
    SwarmState swarm,
    Requester requester,
    SuperSeedHandler superSeeding,
    SuggestHandler suggestions,
    AllowedFastHandler allowedFast)
{
    /// <summary>
    /// Minimum number of new pieces in a repeated bitfield. The peer is charged for a repeated bitfield with fewer.
    /// aria2 sends a further bitfield instead of 20 or more have messages.
    /// </summary>
    private const int MinNewPieces = 20;

    public void OnHave(Peer peer, PieceIndex piece)
    {
        if ((uint)piece.Value >= (uint)peer.Have.PieceCount)
        {
            peer.Disconnect(
                DisconnectReason.ProtocolError, $"It sent piece index {piece.Value}, which the torrent does not have.");
            return;
        }

        if (!peer.Have.Add(piece))
        {
            peer.Charge(FloodLimit.SmallMessage, swarm.Uptime, "repeated have messages");
            return;
        }

        swarm.Picker.PeerHas(piece, peer.Have);
        superSeeding.OnHave(peer, piece);
        suggestions.OnHave(peer);
        if (!peer.AmInterested && swarm.Picker.Wants(piece))
            requester.UpdateInterest(peer);
        CheckSeed(peer);
    }

    public void OnBitfield(Peer peer, ReadOnlySpan<byte> bytes)
    {
        int before = peer.Have.Count;
        if (!(before == 0 ? TryLoad(peer, bytes) : TryAddPieces(peer, bytes)))
        {
            peer.Disconnect(DisconnectReason.ProtocolError, "Its bitfield does not fit the number of pieces.");
            return;
        }

        int added = peer.Have.Count - before;
        if (added == 0 || (before > 0 && added < MinNewPieces))
            peer.Charge(FloodLimit.LargeMessage, swarm.Uptime, "bitfields with few or no new pieces");
        if (added == 0)
            return;
        requester.UpdateInterest(peer);
        CheckSeed(peer);
    }

    /// <summary>
    /// Handles a have all message. BEP 6 allows it only at the start of a connection, but aria2 also sends it in place
    /// of its last have messages.
    /// </summary>
    public void OnHaveAll(Peer peer)
    {
        if (peer.IsSeed)
        {
            peer.Charge(FloodLimit.LargeMessage, swarm.Uptime, "have all messages without new pieces");
            return;
        }

        swarm.Picker.PeerLeft(peer.Have);
        peer.Have.Fill();
        swarm.Picker.PeerJoined(peer.Have);
        requester.UpdateInterest(peer);
        CheckSeed(peer);
    }

    /// <summary>
    /// If the peer is a seed, records in the list of candidates that its address belongs to a seed. Disconnects a seed
    /// or upload-only peer if this client has all wanted pieces.
    /// </summary>
    public void CheckSeed(Peer peer)
    {
        if (peer is { IsSeed: true, IsWebSeed: false })
            swarm.Candidates.MarkSeed(peer.Link.EndPoint);
        bool isFinished = swarm.State is TorrentState.Finished or TorrentState.Seeding;
        if (isFinished && (peer.IsSeed || peer.IsUploadOnly))
            peer.Disconnect(DisconnectReason.Useless);
    }

    /// <summary>
    /// Stores a message about pieces while the torrent downloads metadata or checks existing data. Disconnects the peer
    /// if the message is invalid.
    /// </summary>
    /// <param name="peer">The sender.</param>
    /// <param name="message">The message.</param>
    /// <returns>False if the caller must handle the message.</returns>
    public bool TryStoreEarly(Peer peer, in PeerEvent message)
    {
        string? problem = null;
        switch (message.Id)
        {
            case PeerMessageId.Have:
                if (EarlyOf(peer).Contains(message.Address.Piece))
                    ChargeHint(peer);
                else if (!EarlyOf(peer).TryAddHave(message.Address.Piece))
                    problem = $"It sent piece index {message.Address.Piece.Value}, which is too high for any torrent.";
                break;
            case PeerMessageId.Bitfield:
                if (peer.EarlyMessages is not null)
                    peer.Charge(FloodLimit.LargeMessage, swarm.Uptime, "bitfields without new pieces");
                EarlyOf(peer).SetBitfield(message.Body!);
                break;
            case PeerMessageId.HaveAll:
                if (EarlyOf(peer).HasAll)
                    peer.Charge(FloodLimit.LargeMessage, swarm.Uptime, "have all messages without new pieces");
                EarlyOf(peer).SetHasAll();
                break;
            case PeerMessageId.AllowedFast:
                if (!EarlyMessages.AddFast(EarlyOf(peer).AllowedFast, message.Address.Piece))
                    ChargeHint(peer);
                break;
            case PeerMessageId.Suggest:
                if (!EarlyMessages.AddFast(EarlyOf(peer).Suggested, message.Address.Piece))
                    ChargeHint(peer);
                break;
            case PeerMessageId.Piece:
                // No block has been requested yet.
                swarm.Blocks.Return(message.Block!);
                problem = "It sent a block that was not requested.";
                break;
            default:
                return false;
        }

        if (problem is not null)
            peer.Disconnect(DisconnectReason.ProtocolError, problem);
        return true;
    }

    /// <summary>
    /// Applies the stored messages of a peer, if there are any. Disconnects the peer if a piece index is invalid or the
    /// bitfield has a wrong length.
    /// </summary>
    public void ApplyEarly(Peer peer)
    {
        if (peer.EarlyMessages is not { } early)
            return;
        peer.EarlyMessages = null;
        if (early.HasAll)
            OnHaveAll(peer);
        else
            OnBitfield(peer, early.BitfieldFor(swarm.Geometry.PieceCount));
        foreach (PieceIndex piece in early.AllowedFast)
            allowedFast.OnAllowedFast(peer, piece);
        foreach (PieceIndex piece in early.Suggested)
            allowedFast.OnSuggest(peer, piece);
    }

    private bool TryLoad(Peer peer, ReadOnlySpan<byte> bytes)
    {
        swarm.Picker.PeerLeft(peer.Have);
        bool isValid = peer.Have.TryLoad(bytes);
        swarm.Picker.PeerJoined(peer.Have);
        return isValid;
    }

    /// <summary>
    /// Adds the new pieces of a repeated bitfield. Only new pieces take time. A repeated bitfield of a large torrent is
    /// therefore handled quickly. Pieces missing from the bitfield are kept, because a peer can't withdraw a piece.
    /// </summary>
    private bool TryAddPieces(Peer peer, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> have = peer.Have.Bytes;
        if (bytes.Length != have.Length)
            return false;
        for (int i = 0; i < bytes.Length; i++)
        {
            for (int added = bytes[i] & ~have[i]; added != 0; added &= added - 1)
            {
                var piece = new PieceIndex((i * 8) + 7 - BitOperations.TrailingZeroCount(added));
                if (piece.Value >= peer.Have.PieceCount)
                    return false;
                peer.Have.Add(piece);
                swarm.Picker.PeerHas(piece, peer.Have);
            }
        }

        return true;
    }

    private void ChargeHint(Peer peer) =>
        peer.Charge(FloodLimit.SmallMessage, swarm.Uptime, "messages about pieces");

    private static EarlyMessages EarlyOf(Peer peer) => peer.EarlyMessages ??= new EarlyMessages();
}
