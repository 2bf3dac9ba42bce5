using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>Pieces that a peer suggests (BEP 6).</content>
internal sealed partial class PiecePicker
{
    /// <summary>Chooses blocks of a suggested piece, if the next request to the peer would begin a new piece.</summary>
    /// <remarks>
    /// A suggestion is followed only if the suggested piece has the same priority as the peer's rarest piece and is
    /// equally rare. So a peer can't make this client download common pieces first.
    /// </remarks>
    /// <param name="peer">The peer to request from.</param>
    /// <param name="peerHas">The pieces of the peer.</param>
    /// <param name="suggested">The pieces that the peer suggested.</param>
    /// <param name="destination">Receives the blocks in the order in which to request them.</param>
    /// <returns>The number of chosen blocks; zero if no suggestion is followed.</returns>
    public int PickSuggested(
        PeerIndex peer, Bitfield peerHas, ReadOnlySpan<PieceIndex> suggested, Span<BlockAddress> destination)
    {
        if (suggested.IsEmpty || Strategy == PieceStrategy.Sequential || PartialCount >= MaxPartialPieces)
            return 0;
        if ((Current(peer, peerHas) ?? BestOpen(peer, peerHas, includeOwned: false)) is not null)
            return 0;
        int rarest = _order.FindRarest(peerHas, _random);
        if (rarest < 0)
            return 0;
        foreach (PieceIndex piece in suggested)
        {
            bool isFree = Wants(piece) && peerHas.Contains(piece) && _partials.Find(piece.Value) is null;
            if (!isFree || RankOf(_priority[piece.Value]) != RankOf(_priority[rarest]))
                continue;
            if (_order.AvailabilityOf(piece.Value) <= _order.AvailabilityOf(rarest))
                return Take(Begin(piece), peer, destination);
        }

        return 0;
    }
}
