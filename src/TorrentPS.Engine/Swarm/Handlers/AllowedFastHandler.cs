using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Engine.Policy.Trust;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Sends allowed fast messages, and handles the allowed fast and suggest piece messages of peers (BEP 6).
/// </summary>
internal sealed class AllowedFastHandler(SwarmState swarm)
{
    private InfoHash WireHash => swarm.Settings.InfoHash ?? swarm.Settings.InfoHashV2?.Truncate() ?? default;

    /// <summary>
    /// Whether the number of upload slots isn't zero. With zero upload slots, this client grants no allowed fast
    /// pieces.
    /// </summary>
    private bool Uploads => swarm.Settings.Torrent.UploadSlots != 0;

    /// <summary>
    /// Handles an allowed fast message. Records the piece, unless it is unwanted or <see cref="Peer.MaxFastPieces"/>
    /// pieces are recorded already. Recorded pieces may be requested while the peer chokes this client. Charges the
    /// peer for a piece that is not recorded.
    /// </summary>
    public void OnAllowedFast(Peer peer, PieceIndex piece)
    {
        if (!IsPiece(peer, piece))
            return;
        if (peer.AllowedFast.Count < Peer.MaxFastPieces && IsNews(peer.AllowedFast, piece))
            peer.AllowedFast.Add(piece);
        else
            ChargeHint(peer);
    }

    /// <summary>
    /// Handles a suggest piece message. Records the piece unless it is unwanted. If <see cref="Peer.MaxFastPieces"/>
    /// suggested pieces are recorded already, removes the oldest. Charges the peer for a piece that is not recorded.
    /// </summary>
    public void OnSuggest(Peer peer, PieceIndex piece)
    {
        if (!IsPiece(peer, piece))
            return;
        if (!IsNews(peer.Suggested, piece))
        {
            ChargeHint(peer);
            return;
        }

        if (peer.Suggested.Count >= Peer.MaxFastPieces)
            peer.Suggested.RemoveAt(0);
        peer.Suggested.Add(piece);
    }

    /// <summary>
    /// Sends allowed fast messages to a choked and interested peer that supports BEP 6 and has few pieces. Does nothing
    /// if the peer has at least <see cref="AllowedFastGrant.PeerPieceLimit"/> pieces or is super-seeded.
    /// </summary>
    public void Grant(Peer peer)
    {
        if (!MayGrant(peer))
            return;
        foreach (PieceIndex piece in GrantOf(peer).Pieces)
            Grant(peer, piece);
    }

    /// <summary>
    /// Sends an allowed fast message for a piece that was just verified, if the peer's grant includes the piece. The
    /// peer must meet the same conditions as for <see cref="Grant(Peer)"/>.
    /// </summary>
    public void OnVerified(Peer peer, PieceIndex piece)
    {
        if (MayGrant(peer))
            Grant(peer, piece);
    }

    /// <summary>
    /// Returns whether a requested block may be sent to a choked peer. If so, deducts the block from the peer's grant.
    /// </summary>
    public bool TryServe(Peer peer, BlockAddress block) =>
        Uploads
        && peer.GrantedFast.Contains(block.Piece)
        && peer.Have.Count < AllowedFastGrant.PeerPieceLimit
        && swarm.Geometry.IsBlock(block)
        && GrantOf(peer).TryServe(block);

    private bool IsNews(List<PieceIndex> recorded, PieceIndex piece) =>
        swarm.Picker.Wants(piece) && !recorded.Contains(piece);

    private void ChargeHint(Peer peer) =>
        peer.Charge(FloodLimit.SmallMessage, swarm.Uptime, "allowed fast or suggest piece messages");

    private bool MayGrant(Peer peer) =>
        Uploads
        && peer.SupportsFast
        && !peer.IsSuperSeeded
        && peer.AmChoking
        && peer.IsInterested
        && !peer.IsClosing
        && peer.Have.Count < AllowedFastGrant.PeerPieceLimit;

    private static bool IsPiece(Peer peer, PieceIndex piece)
    {
        bool exists = (uint)piece.Value < (uint)peer.Have.PieceCount;
        if (!exists)
            peer.Disconnect(
                DisconnectReason.ProtocolError, $"It sent piece index {piece.Value}, which the torrent does not have.");
        return exists;
    }

    private void Grant(Peer peer, PieceIndex piece)
    {
        bool isNew = swarm.Picker.Have.Contains(piece) && !peer.Have.Contains(piece)
            && !peer.GrantedFast.Contains(piece);
        if (!isNew || !GrantOf(peer).CanOffer(piece, peer.GrantedFast.Count))
            return;
        peer.GrantedFast.Add(piece);
        peer.Wire?.SendAllowedFast(piece);
        swarm.Peers.Touch(peer);
    }

    private AllowedFastGrant GrantOf(Peer peer) =>
        peer.Grant ??= swarm.Grants.Of(peer.Origin, () => new AllowedFastGrant(
        AllowedFast.Generate(peer.Link.EndPoint.Address, WireHash, swarm.Geometry.PieceCount),
        swarm.Geometry.BlocksPerPiece));
}
