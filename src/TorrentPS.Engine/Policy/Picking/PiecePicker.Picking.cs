using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>Chooses the blocks to request from a peer.</content>
internal sealed partial class PiecePicker
{
    /// <summary>
    /// Maximum number of pieces that are begun at random before the first piece is verified ("random first piece",
    /// Cohen 2003). All other pieces are begun rarest first. The default of libtorrent is also four
    /// (<c>initial_picker_threshold</c>).
    /// </summary>
    private const int RandomFirstPieces = 4;

    /// <summary>
    /// Maximum sum of blocks and partial pieces that one call of <see cref="PickEndgame"/> examines. It limits the time
    /// of the call when many pieces are partial.
    /// </summary>
    private const int EndgameScanLimit = 4096;

    private int _endgameFrom;

    /// <summary>Chooses free blocks that a peer has, and marks them as requested from that peer.</summary>
    /// <remarks>
    /// The picker continues the piece from which it last chose blocks for the peer. Next come other partial pieces,
    /// then idle pieces. An idle piece of a higher priority comes before partial pieces. Within a piece, blocks are
    /// chosen in order. A piece with another owner is used only if the peer has no other piece with free blocks. With
    /// <see cref="PieceStrategy.Sequential"/>, pieces are chosen in sequential order instead.
    /// </remarks>
    /// <param name="peer">The peer to request from.</param>
    /// <param name="peerHas">The pieces of the peer.</param>
    /// <param name="wholePieceHint">
    /// The peer becomes the owner of a chosen piece that has no owner and at most this number of free blocks. The
    /// caller derives the number from the peer's rate.
    /// </param>
    /// <param name="destination">Receives the blocks in the order in which to request them.</param>
    /// <returns>The number of chosen blocks.</returns>
    public int Pick(PeerIndex peer, Bitfield peerHas, int wholePieceHint, Span<BlockAddress> destination)
    {
        // In sequential order, completing the next piece early is worth more than pieces from a single peer.
        int hint = Strategy == PieceStrategy.Sequential ? 0 : wholePieceHint;
        int count = 0;
        while (count < destination.Length && Choose(peer, peerHas, hint) is { } partial)
            count += Take(partial, peer, destination[count..]);
        return count;
    }

    /// <summary>
    /// Chooses free blocks of the listed pieces only, for example of allowed fast pieces (BEP 6). Marks the blocks as
    /// requested from the peer.
    /// </summary>
    public int Pick(PeerIndex peer, Bitfield peerHas, ReadOnlySpan<PieceIndex> only, Span<BlockAddress> destination)
    {
        int count = 0;
        foreach (PieceIndex piece in only)
        {
            if (count == destination.Length)
                break;
            if (!Wants(piece) || !peerHas.Contains(piece))
                continue;
            PartialPiece partial = _partials.Find(piece.Value) ?? Begin(piece);
            count += Take(partial, peer, destination[count..]);
        }

        return count;
    }

    /// <summary>
    /// Chooses free blocks of pieces to which no other peer contributes: no block was received from another peer or is
    /// requested from one. Marks the chosen blocks as requested. If the hash check of such a piece fails, the sender of
    /// the bad data is known.
    /// </summary>
    public int PickAlone(PeerIndex peer, Bitfield peerHas, Span<BlockAddress> destination)
    {
        int count = 0;
        while (count < destination.Length)
        {
            PartialPiece? partial = Current(peer, peerHas);
            if (partial is null || !partial.IsExclusiveTo(peer))
                partial = BeginNew(peer, peerHas);
            if (partial is null)
                break;
            partial.Owner = peer;
            count += Take(partial, peer, destination[count..]);
        }

        return count;
    }

    /// <summary>
    /// Chooses free blocks of the pieces in <paramref name="only"/>. Leaves out pieces to which another peer
    /// contributes: a block was received from another peer or is requested from one. Marks the chosen blocks as
    /// requested.
    /// </summary>
    public int PickAlone(
        PeerIndex peer, Bitfield peerHas, ReadOnlySpan<PieceIndex> only, Span<BlockAddress> destination)
    {
        int count = 0;
        foreach (PieceIndex piece in only)
        {
            if (count == destination.Length)
                break;
            if (!Wants(piece) || !peerHas.Contains(piece))
                continue;
            PartialPiece? partial = _partials.Find(piece.Value);
            if (partial is not null && (partial.FreeCount == 0 || !partial.IsExclusiveTo(peer)))
                continue;
            partial ??= Begin(piece);
            partial.Owner = peer;
            count += Take(partial, peer, destination[count..]);
        }

        return count;
    }

    /// <summary>
    /// In endgame, chooses blocks that are already requested from other peers, so that the caller requests them from
    /// this peer too. Chooses only blocks that are expected to arrive much sooner from this peer
    /// (<see cref="Endgame.ShouldDuplicate"/>). The blocks with the longest expected waits come first.
    /// </summary>
    /// <remarks>When such a block arrives, the caller should cancel the other requests for it.</remarks>
    /// <param name="peer">The peer to request from. It should have no open request.</param>
    /// <param name="peerHas">The pieces of the peer.</param>
    /// <param name="maxRequesters">
    /// Maximum number of peers from which a block is requested at the same time, including this peer.
    /// </param>
    /// <param name="rates">The download rate in bytes/s from each peer, by peer index.</param>
    /// <param name="destination">
    /// Receives the blocks. Its length should be at most <see cref="Endgame.MaxDuplicates"/>.
    /// </param>
    /// <returns>The number of chosen blocks. They are marked as requested.</returns>
    public int PickEndgame(
        PeerIndex peer, Bitfield peerHas, int maxRequesters, ReadOnlySpan<long> rates, Span<BlockAddress> destination)
    {
        long rate = peer.Value < rates.Length ? rates[peer.Value] : 0;
        if (!AllRequested || rate <= 0)
            return 0;
        int most = Math.Min(maxRequesters, PartialPiece.MaxRequesters);
        int count = 0;
        int budget = EndgameScanLimit;
        while (count < destination.Length
            && FindLatest(peer, peerHas, most, rate, rates, ref budget) is var (partial, latest))
        {
            // The blocks before this one are mostly requested from the same peer and are late for the same reason.
            for (int block = latest; block >= 0 && count < destination.Length; block--)
            {
                double wait = Endgame.ExpectedWait(rate, Outstanding(peer));
                if (!CanDuplicate(partial, block, peer, most)
                    || !Endgame.ShouldDuplicate(wait, partial.ExpectedWait(block, rates)))
                    break;
                partial.AddRequester(block, peer);
                destination[count++] = _geometry.Block(new PieceIndex(partial.Piece), block);
            }
        }

        return count;
    }

    private static bool CanDuplicate(PartialPiece partial, int block, PeerIndex peer, int most) =>
        partial.IsRequested(block)
        && partial.Requesters(block).Length < most
        && !partial.Requesters(block).Contains(peer);

    /// <summary>
    /// Finds the requested block with the longest expected wait among those for which a duplicate request is worthwhile
    /// (<see cref="Endgame.ShouldDuplicate"/>). Returns null if there is none. Stops the search when
    /// <paramref name="budget"/> is used up.
    /// </summary>
    private (PartialPiece Partial, int Block)? FindLatest(
        PeerIndex peer, Bitfield peerHas, int most, long rate, ReadOnlySpan<long> rates, ref int budget)
    {
        (PartialPiece Partial, int Block)? found = null;
        double latest = 0;
        double waitHere = Endgame.ExpectedWait(rate, Outstanding(peer));
        int from = _endgameFrom;
        for (int i = 0; i < _partials.Active.Count; i++)
        {
            int index = (from + i) % _partials.Active.Count;
            if (--budget <= 0)
            {
                // The next search continues here.
                _endgameFrom = index;
                break;
            }

            PartialPiece partial = _partials.Active[index];
            var piece = new PieceIndex(partial.Piece);
            if (partial.RequestedCount == 0 || !Wants(piece) || !peerHas.Contains(piece))
                continue;
            budget -= partial.BlockCount;
            for (int block = partial.BlockCount - 1; block >= 0; block--)
            {
                if (!CanDuplicate(partial, block, peer, most))
                    continue;
                double wait = partial.ExpectedWait(block, rates);
                if (wait > latest && Endgame.ShouldDuplicate(waitHere, wait))
                    (found, latest) = ((partial, block), wait);
            }
        }

        return found;
    }

    private PartialPiece? Choose(PeerIndex peer, Bitfield peerHas, int hint)
    {
        PartialPiece? partial = Strategy == PieceStrategy.Sequential
            ? FirstInOrder(peer, peerHas)
            : PartialOrNew(peer, peerHas);

        // Without other blocks to request, the peer may share a piece that another peer owns.
        if (partial is null)
            return BestOpen(peer, peerHas, includeOwned: true);
        if (partial.Owner == PeerIndex.None && hint >= partial.FreeCount)
            partial.Owner = peer;
        return partial;
    }

    /// <summary>
    /// Returns the best open partial piece. Returns an idle piece instead, and makes it partial, in three cases: there
    /// is no open partial piece, the peer has an idle piece of a higher priority, or the peer continues a run. Returns
    /// null if there is no piece of either kind.
    /// </summary>
    private PartialPiece? PartialOrNew(PeerIndex peer, Bitfield peerHas)
    {
        PartialPiece? begun = Current(peer, peerHas);
        if (begun is null && NextConsecutive(peer, peerHas) < 0)
            begun = BestOpen(peer, peerHas, includeOwned: false);
        bool beginsNew = begun is null || _order.HasBetterRank(RankOf(_priority[begun.Piece]), peerHas);
        return beginsNew ? BeginNew(peer, peerHas) ?? begun : begun;
    }

    /// <summary>
    /// Returns the first piece in sequential order from which blocks can be requested; null if there is none. Pieces of
    /// a higher priority come first. If the piece is idle, makes it partial.
    /// </summary>
    private PartialPiece? FirstInOrder(PeerIndex peer, Bitfield peerHas)
    {
        PartialPiece? begun = BestOpen(peer, peerHas, includeOwned: false);
        int idle = PartialCount < MaxPartialPieces ? _order.FindNextInOrder(peerHas) : -1;
        bool beginsNew = idle >= 0 && (begun is null || OrderKeyOf(idle) < OrderKeyOf(begun.Piece));
        return beginsNew ? Begin(new PieceIndex(idle)) : begun;
    }

    /// <summary>
    /// Returns the sort key of a piece in sequential order. It depends first on the rank, then on the distance from the
    /// reading position. Pieces before that position come last in their rank.
    /// </summary>
    private long OrderKeyOf(int piece)
    {
        int distance = piece - _order.ReadingPosition;
        return ((long)RankOf(_priority[piece]) << 32) + (distance >= 0 ? distance : distance + _geometry.PieceCount);
    }

    /// <summary>
    /// Returns the piece whose blocks were last requested from the peer. Returns null if that piece isn't open, or if
    /// another peer owns it.
    /// </summary>
    private PartialPiece? Current(PeerIndex peer, Bitfield peerHas)
    {
        int piece = _peers[peer].CurrentPiece;
        if (piece < 0 || _partials.Find(piece) is not { OpenIndex: >= 0 } partial)
            return null;
        bool isAvailable = partial.Owner == PeerIndex.None || partial.Owner == peer;
        return isAvailable && peerHas.Contains(new PieceIndex(piece)) ? partial : null;
    }

    /// <summary>
    /// Returns the open partial piece to continue with; null if the peer has none. It is the piece of the best rank
    /// with the fewest free blocks, or with <see cref="PieceStrategy.Sequential"/> the first one in sequential order.
    /// </summary>
    private PartialPiece? BestOpen(PeerIndex peer, Bitfield peerHas, bool includeOwned)
    {
        PartialPiece? best = null;
        long bestKey = long.MaxValue;
        foreach (PartialPiece partial in _partials.Open)
        {
            if (!includeOwned && partial.Owner != PeerIndex.None && partial.Owner != peer)
                continue;
            if (!peerHas.Contains(new PieceIndex(partial.Piece)))
                continue;
            long key = Strategy == PieceStrategy.Sequential
                ? OrderKeyOf(partial.Piece)
                : ((long)RankOf(_priority[partial.Piece]) << 32) + partial.FreeCount;
            if (key < bestKey)
                (best, bestKey) = (partial, key);
        }

        return best;
    }

    private PartialPiece? BeginNew(PeerIndex peer, Bitfield peerHas)
    {
        if (PartialCount >= MaxPartialPieces)
            return null;
        int piece = Strategy switch
        {
            PieceStrategy.Sequential => _order.FindNextInOrder(peerHas),
            _ when _peers[peer].PrefersConsecutive => NextOfRun(peer, peerHas),
            PieceStrategy.RandomRarestFirst => _order.FindRarestOfRandom(peerHas, _random),
            PieceStrategy.Random => _order.FindAny(peerHas, _random),
            _ when Have.Count == 0 && PartialCount < RandomFirstPieces => _order.FindAny(peerHas, _random),
            _ => _order.FindRarest(peerHas, _random),
        };
        return piece < 0 ? null : Begin(new PieceIndex(piece));
    }

    private int Take(PartialPiece partial, PeerIndex peer, Span<BlockAddress> destination)
    {
        var piece = new PieceIndex(partial.Piece);
        int count = Math.Min(partial.FreeCount, destination.Length);
        for (int i = 0; i < count; i++)
            destination[i] = _geometry.Block(piece, partial.RequestNextFree(peer));
        if (partial.FreeCount == 0)
            _partials.SetOpen(partial, false);
        _peers[peer].CurrentPiece = partial.Piece;
        return count;
    }
}
