using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>The Fast extension's favours (BEP 6): pieces given to a peer while it is choked, in both directions, and suggestions.</summary>
internal sealed class AllowedFastHandler(SwarmState swarm)
{
    private InfoHash WireHash => swarm.Settings.InfoHash ?? swarm.Settings.InfoHashV2?.Truncate() ?? default;

    /// <summary>Who has no slot for anybody gives nothing to the choked either.</summary>
    private bool ServesAnybody => swarm.Settings.Torrent.UploadSlots != 0;

    /// <summary>A peer lets us have a piece although it chokes us.</summary>
    public void OnAllowedFast(Peer peer, PieceIndex piece)
    {
        if (IsPiece(peer, piece) && peer.AllowedFast.Count < Peer.MaxFastPieces && swarm.Picker.Wants(piece) && !peer.AllowedFast.Contains(piece))
            peer.AllowedFast.Add(piece);
    }

    /// <summary>A peer suggests a piece; of many the latest count.</summary>
    public void OnSuggest(Peer peer, PieceIndex piece)
    {
        if (!IsPiece(peer, piece) || !swarm.Picker.Wants(piece) || peer.Suggested.Contains(piece))
            return;
        if (peer.Suggested.Count >= Peer.MaxFastPieces)
            peer.Suggested.RemoveAt(0);
        peer.Suggested.Add(piece);
    }

    /// <summary>Offers a choked peer with little to trade what it may have all the same.</summary>
    public void Offer(Peer peer)
    {
        if (!MayStart(peer))
            return;
        foreach (PieceIndex piece in GrantOf(peer).Pieces)
            Offer(peer, piece);
    }

    /// <summary>A piece is here that was not before.</summary>
    public void OnVerified(Peer peer, PieceIndex piece)
    {
        if (MayStart(peer))
            Offer(peer, piece);
    }

    /// <summary>Whether a block is given to a peer although it is choked; it is then counted as given.</summary>
    public bool TryServe(Peer peer, BlockAddress block) =>
        ServesAnybody
        && peer.Offered.Contains(block.Piece)
        && peer.Have.Count < AllowedFastGrant.PeerPieceLimit
        && swarm.Geometry.IsBlock(block)
        && GrantOf(peer).TryServe(block);

    private bool MayStart(Peer peer) =>
        ServesAnybody
        && peer.SupportsFast
        && !peer.IsShownPieces
        && peer.AmChoking
        && peer.IsInterested
        && !peer.IsClosing
        && peer.Have.Count < AllowedFastGrant.PeerPieceLimit;

    private static bool IsPiece(Peer peer, PieceIndex piece)
    {
        bool exists = (uint)piece.Value < (uint)peer.Have.PieceCount;
        if (!exists)
            peer.Disconnect(DisconnectReason.ProtocolError, $"It named piece {piece.Value}, which the torrent does not have.");
        return exists;
    }

    private void Offer(Peer peer, PieceIndex piece)
    {
        bool isNews = swarm.Picker.Have.Contains(piece) && !peer.Have.Contains(piece) && !peer.Offered.Contains(piece);
        if (!isNews || !GrantOf(peer).CanOffer(piece, peer.Offered.Count))
            return;
        peer.Offered.Add(piece);
        peer.Wire?.SendAllowedFast(piece);
        swarm.Peers.Touch(peer);
    }

    private AllowedFastGrant GrantOf(Peer peer) => peer.Grant ??= swarm.Grants.Of(peer.Origin, () => new AllowedFastGrant(
        AllowedFast.Generate(peer.Link.EndPoint.Address, WireHash, swarm.Geometry.PieceCount),
        swarm.Geometry.BlocksPerPiece));
}
