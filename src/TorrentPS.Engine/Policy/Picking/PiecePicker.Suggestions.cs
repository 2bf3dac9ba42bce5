using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>Pieces that a peer suggests (BEP 6).</content>
internal sealed partial class PiecePicker
{
    /// <summary>
    /// When the peer would begin a piece now, begins one that it suggested instead, if that is as wanted and as rare: a suggestion may
    /// break a tie, and no peer can steer us to what all have.
    /// </summary>
    /// <param name="peer">The peer to ask.</param>
    /// <param name="peerHas">The pieces it has.</param>
    /// <param name="suggested">What it suggested.</param>
    /// <param name="destination">Receives the blocks in the order to ask for them.</param>
    /// <returns>How many blocks were chosen; zero when no suggestion is to be followed now.</returns>
    public int PickSuggested(PeerIndex peer, Bitfield peerHas, ReadOnlySpan<PieceIndex> suggested, Span<BlockAddress> destination)
    {
        if (suggested.IsEmpty || Strategy == PieceStrategy.Sequential || PartialCount >= MaxPartialPieces)
            return 0;
        if ((Current(peer, peerHas) ?? BestOpen(peer, peerHas, othersToo: false)) is not null)
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
