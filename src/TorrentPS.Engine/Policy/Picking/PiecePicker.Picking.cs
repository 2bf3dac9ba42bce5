using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>What to ask a peer for.</content>
internal sealed partial class PiecePicker
{
    /// <summary>
    /// Before the first piece is complete so many are begun at random; what a fast peer is asked for beyond them is better the rarest.
    /// </summary>
    private const int RandomFirstPieces = 4;

    /// <summary>How many blocks, and pieces in progress, one search for late blocks looks at: it must not cost more the more is under way.</summary>
    private const int EndgameScanLimit = 4096;

    private int _endgameFrom;

    /// <summary>
    /// Chooses free blocks that a peer can give and marks them as asked of it: the rest of the piece it is at, pieces in progress
    /// before new ones, blocks of a piece in order.
    /// </summary>
    /// <param name="peer">The peer to ask.</param>
    /// <param name="peerHas">The pieces it has.</param>
    /// <param name="wholePieceHint">
    /// How many blocks the peer sends in the time a piece may take; a piece (or rest of one) that is no longer is its own and others
    /// stay away while there is anything else to ask for. Zero for a slow peer, which shares pieces with others.
    /// </param>
    /// <param name="destination">Receives the blocks in the order to ask for them.</param>
    /// <returns>How many blocks were chosen.</returns>
    public int Pick(PeerIndex peer, Bitfield peerHas, int wholePieceHint, Span<BlockAddress> destination)
    {
        // In order of the content, the next piece soon is worth more than whole pieces by one peer.
        int hint = Strategy == PieceStrategy.Sequential ? 0 : wholePieceHint;
        int count = 0;
        while (count < destination.Length && Choose(peer, peerHas, hint) is { } partial)
            count += Take(partial, peer, destination[count..]);
        return count;
    }

    /// <summary>As <see cref="Pick(PeerIndex, Bitfield, int, Span{BlockAddress})"/>, but only of certain pieces (allowed fast or suggested, BEP 6).</summary>
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
    /// As <see cref="Pick(PeerIndex, Bitfield, int, Span{BlockAddress})"/>, but only of pieces in which no other peer has a part: should
    /// the hash fail, it is known by whom.
    /// </summary>
    public int PickAlone(PeerIndex peer, Bitfield peerHas, Span<BlockAddress> destination)
    {
        int count = 0;
        while (count < destination.Length)
        {
            PartialPiece? partial = Current(peer, peerHas);
            if (partial is null || !partial.IsOnlyOf(peer))
                partial = BeginNew(peer, peerHas);
            if (partial is null)
                break;
            partial.Owner = peer;
            count += Take(partial, peer, destination[count..]);
        }

        return count;
    }

    /// <summary>As <see cref="PickAlone(PeerIndex, Bitfield, Span{BlockAddress})"/>, but only of certain pieces.</summary>
    public int PickAlone(PeerIndex peer, Bitfield peerHas, ReadOnlySpan<PieceIndex> only, Span<BlockAddress> destination)
    {
        int count = 0;
        foreach (PieceIndex piece in only)
        {
            if (count == destination.Length)
                break;
            if (!Wants(piece) || !peerHas.Contains(piece))
                continue;
            PartialPiece? partial = _partials.Find(piece.Value);
            if (partial is not null && (partial.Free == 0 || !partial.IsOnlyOf(peer)))
                continue;
            partial ??= Begin(piece);
            partial.Owner = peer;
            count += Take(partial, peer, destination[count..]);
        }

        return count;
    }

    /// <summary>
    /// In endgame, chooses busy blocks that this peer is expected to send so much sooner that it pays to ask it too
    /// (<see cref="Endgame.PaysToRepeat"/>), those first that are expected last. The loser is to be cancelled when the block is here.
    /// </summary>
    /// <param name="peer">The idle peer.</param>
    /// <param name="peerHas">The pieces it has.</param>
    /// <param name="maxRequesters">How many peers may be asked for one block, this one included; <see cref="Endgame.MaxRequesters"/>.</param>
    /// <param name="rates">The rate in bytes/s at which each peer gives, by its slot.</param>
    /// <param name="destination">Receives the blocks; <see cref="Endgame.Depth"/> says how many are sensible.</param>
    /// <returns>How many blocks were chosen.</returns>
    public int PickEndgame(PeerIndex peer, Bitfield peerHas, int maxRequesters, ReadOnlySpan<long> rates, Span<BlockAddress> destination)
    {
        long rate = peer.Value < rates.Length ? rates[peer.Value] : 0;
        if (!AllRequested || rate <= 0)
            return 0;
        int most = Math.Min(maxRequesters, PartialPiece.MaxRequesters);
        int count = 0;
        int budget = EndgameScanLimit;
        while (count < destination.Length && FindLatest(peer, peerHas, most, rate, rates, ref budget) is var (partial, latest))
        {
            // The blocks before it are mostly the same peer's, and late for the same reason.
            for (int block = latest; block >= 0 && count < destination.Length; block--)
            {
                if (!MayRepeat(partial, block, peer, most)
                    || !Endgame.PaysToRepeat(Endgame.ExpectedWait(rate, Outstanding(peer)), partial.ExpectedWait(block, rates)))
                    break;
                partial.AddRequester(block, peer);
                destination[count++] = _geometry.Block(new PieceIndex(partial.Piece), block);
            }
        }

        return count;
    }

    private static bool MayRepeat(PartialPiece partial, int block, PeerIndex peer, int most) =>
        partial.IsBusy(block) && partial.Requesters(block).Length < most && !partial.Requesters(block).Contains(peer);

    /// <summary>The busy block that is expected last, as far as the search goes, if it pays to ask this peer for it.</summary>
    private (PartialPiece Partial, int Block)? FindLatest(
        PeerIndex peer, Bitfield peerHas, int most, long rate, ReadOnlySpan<long> rates, ref int budget)
    {
        (PartialPiece Partial, int Block)? found = null;
        double latest = 0;
        double mine = Endgame.ExpectedWait(rate, Outstanding(peer));
        int from = _endgameFrom;
        for (int i = 0; i < _partials.Active.Count; i++)
        {
            int index = (from + i) % _partials.Active.Count;
            if (--budget <= 0)
            {
                // The next search goes on here.
                _endgameFrom = index;
                break;
            }

            PartialPiece partial = _partials.Active[index];
            var piece = new PieceIndex(partial.Piece);
            if (partial.Busy == 0 || !Wants(piece) || !peerHas.Contains(piece))
                continue;
            budget -= partial.BlockCount;
            for (int block = partial.BlockCount - 1; block >= 0; block--)
            {
                if (!MayRepeat(partial, block, peer, most))
                    continue;
                double wait = partial.ExpectedWait(block, rates);
                if (wait > latest && Endgame.PaysToRepeat(mine, wait))
                    (found, latest) = ((partial, block), wait);
            }
        }

        return found;
    }

    private PartialPiece? Choose(PeerIndex peer, Bitfield peerHas, int hint)
    {
        PartialPiece? partial = Strategy == PieceStrategy.Sequential ? Nearest(peer, peerHas) : BegunOrNew(peer, peerHas);

        // Nothing else to ask for: better to join another's piece than to be idle.
        if (partial is null)
            return BestOpen(peer, peerHas, othersToo: true);
        if (partial.Owner == PeerIndex.None && hint >= partial.Free)
            partial.Owner = peer;
        return partial;
    }

    /// <summary>A piece in progress, unless there is one to begin that is wanted more, or that goes on with a run.</summary>
    private PartialPiece? BegunOrNew(PeerIndex peer, Bitfield peerHas)
    {
        PartialPiece? begun = Current(peer, peerHas);
        if (begun is null && Following(peer, peerHas) < 0)
            begun = BestOpen(peer, peerHas, othersToo: false);
        return begun is null || _order.HasBetter(RankOf(_priority[begun.Piece]), peerHas) ? BeginNew(peer, peerHas) ?? begun : begun;
    }

    /// <summary>The piece with something to ask for that is wanted most and comes next in the content, in progress or not.</summary>
    private PartialPiece? Nearest(PeerIndex peer, Bitfield peerHas)
    {
        PartialPiece? begun = BestOpen(peer, peerHas, othersToo: false);
        int idle = PartialCount < MaxPartialPieces ? _order.FindNext(peerHas) : -1;
        return idle >= 0 && (begun is null || NearnessOf(idle) < NearnessOf(begun.Piece)) ? Begin(new PieceIndex(idle)) : begun;
    }

    /// <summary>The lower, the sooner a piece comes: by its rank, then by how far from the reading position on it lies.</summary>
    private long NearnessOf(int piece)
    {
        int distance = piece - _order.ReadingPosition;
        return ((long)RankOf(_priority[piece]) << 32) + (distance >= 0 ? distance : distance + _geometry.PieceCount);
    }

    /// <summary>The piece the peer was at, while there is something left to ask for and it is no other peer's.</summary>
    private PartialPiece? Current(PeerIndex peer, Bitfield peerHas)
    {
        int piece = _accounts[peer].CurrentPiece;
        if (piece < 0 || _partials.Find(piece) is not { OpenIndex: >= 0 } partial)
            return null;
        bool mine = partial.Owner == PeerIndex.None || partial.Owner == peer;
        return mine && peerHas.Contains(new PieceIndex(piece)) ? partial : null;
    }

    /// <summary>Of the pieces in progress: the most wanted, and of these the one nearest to its end (or next in the content).</summary>
    private PartialPiece? BestOpen(PeerIndex peer, Bitfield peerHas, bool othersToo)
    {
        PartialPiece? best = null;
        long bestKey = long.MaxValue;
        foreach (PartialPiece partial in _partials.Open)
        {
            if (!othersToo && partial.Owner != PeerIndex.None && partial.Owner != peer)
                continue;
            if (!peerHas.Contains(new PieceIndex(partial.Piece)))
                continue;
            long key = Strategy == PieceStrategy.Sequential
                ? NearnessOf(partial.Piece)
                : ((long)RankOf(_priority[partial.Piece]) << 32) + partial.Free;
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
            PieceStrategy.Sequential => _order.FindNext(peerHas),
            _ when _accounts[peer].PrefersRuns => NextOfRun(peer, peerHas),
            PieceStrategy.RandomRarestFirst => _order.FindRareOfHandful(peerHas, _random),
            PieceStrategy.Random => _order.FindAny(peerHas, _random),
            _ when Have.Count == 0 && PartialCount < RandomFirstPieces => _order.FindAny(peerHas, _random),
            _ => _order.FindRarest(peerHas, _random),
        };
        return piece < 0 ? null : Begin(new PieceIndex(piece));
    }

    private int Take(PartialPiece partial, PeerIndex peer, Span<BlockAddress> destination)
    {
        var piece = new PieceIndex(partial.Piece);
        int count = Math.Min(partial.Free, destination.Length);
        for (int i = 0; i < count; i++)
            destination[i] = _geometry.Block(piece, partial.Take(peer));
        if (partial.Free == 0)
            _partials.SetOpen(partial, false);
        _accounts[peer].CurrentPiece = partial.Piece;
        return count;
    }
}
