using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Keeps the messages that need the piece geometry until the metadata is known and existing data is checked, and
/// applies them then.
/// </summary>
internal sealed class EarlyMessageHandler(
    SwarmState swarm, AvailabilityHandler availability, AllowedFastHandler allowedFast)
{
    /// <summary>Keeps a message, unless it can be handled now.</summary>
    /// <param name="peer">The sender.</param>
    /// <param name="message">The message.</param>
    /// <param name="isFirst">Whether a message that must come first (BEP 3, BEP 6) may still come.</param>
    /// <returns>Whether the message was taken.</returns>
    public bool TryKeep(Peer peer, in PeerEvent message, bool isFirst)
    {
        if (swarm.State is not (TorrentState.DownloadingMetadata or TorrentState.Checking))
            return false;
        string? problem = null;
        switch (message.Id)
        {
            case PeerMessageId.Have:
                if (!EarlyOf(peer).TryAddHave(message.Address.Piece))
                    problem = $"It named piece {message.Address.Piece.Value}, which no torrent has.";
                break;
            case PeerMessageId.Bitfield:
                EarlyOf(peer).SetBitfield(message.Body!);
                break;
            case PeerMessageId.HaveAll when isFirst:
                EarlyOf(peer).SetHasAll();
                break;
            case PeerMessageId.AllowedFast:
                EarlyMessages.AddFast(EarlyOf(peer).AllowedFast, message.Address.Piece);
                break;
            case PeerMessageId.Suggest:
                EarlyMessages.AddFast(EarlyOf(peer).Suggested, message.Address.Piece);
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

    /// <summary>Applies what the peer sent early. Invalid piece indices end the connection.</summary>
    public void Apply(Peer peer)
    {
        if (peer.EarlyMessages is not { } early)
            return;
        peer.EarlyMessages = null;
        if (early.HasAll)
            availability.OnHaveAll(peer);
        else
            availability.OnBitfield(peer, early.BitfieldFor(swarm.Geometry.PieceCount));
        foreach (var piece in early.AllowedFast)
            allowedFast.OnAllowedFast(peer, piece);
        foreach (var piece in early.Suggested)
            allowedFast.OnSuggest(peer, piece);
    }

    private static EarlyMessages EarlyOf(Peer peer) => peer.EarlyMessages ??= new EarlyMessages();
}
