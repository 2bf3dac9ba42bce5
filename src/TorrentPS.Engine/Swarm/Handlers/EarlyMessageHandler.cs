using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Stores the announcements about pieces that peers send before the metadata is known and existing data is checked.
/// Applies them after that check.
/// </summary>
internal sealed class EarlyMessageHandler(
    SwarmState swarm, AvailabilityHandler availability, AllowedFastHandler allowedFast)
{
    /// <summary>
    /// Stores a message about pieces while the torrent downloads metadata or checks existing data. Disconnects the peer
    /// if the message is invalid.
    /// </summary>
    /// <param name="peer">The sender.</param>
    /// <param name="message">The message.</param>
    /// <param name="maySendHaveAll">
    /// Whether the peer may still send have all, which must come before other messages (BEP 6).
    /// </param>
    /// <returns>False if the caller must handle the message.</returns>
    public bool TryStore(Peer peer, in PeerEvent message, bool maySendHaveAll)
    {
        if (swarm.State is not (TorrentState.DownloadingMetadata or TorrentState.Checking))
            return false;
        string? problem = null;
        switch (message.Id)
        {
            case PeerMessageId.Have:
                if (!EarlyOf(peer).TryAddHave(message.Address.Piece))
                    problem = $"It sent piece index {message.Address.Piece.Value}, which is too high for any torrent.";
                break;
            case PeerMessageId.Bitfield:
                EarlyOf(peer).SetBitfield(message.Body!);
                break;
            case PeerMessageId.HaveAll when maySendHaveAll:
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

    /// <summary>
    /// Applies the stored messages of a peer, if there are any. Disconnects the peer if a piece index is invalid or the
    /// bitfield has a wrong length.
    /// </summary>
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
