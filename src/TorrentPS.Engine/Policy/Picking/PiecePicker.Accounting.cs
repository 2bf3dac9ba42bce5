using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>What was asked for and what came.</content>
internal sealed partial class PiecePicker
{
    /// <summary>A block came.</summary>
    /// <remarks>
    /// A block that is lacking is accepted whether or not it was asked of this peer: it may have come after its request was given up.
    /// Afterwards <see cref="Requesters"/> names the others who were asked for it, to be cancelled.
    /// </remarks>
    public BlockResult MarkReceived(BlockAddress block, PeerIndex from)
    {
        if (!_geometry.IsBlock(block))
            return new BlockResult(BlockOutcome.Unwanted, false);
        PartialPiece? partial = _partials.Find(block.Piece.Value);
        if (partial is null)
        {
            if (Have.Contains(block.Piece))
                return new BlockResult(BlockOutcome.Duplicate, false);
            if (!Wants(block.Piece))
                return new BlockResult(BlockOutcome.Unwanted, false);
            partial = Begin(block.Piece);
        }

        if (!partial.Receive(block.BlockIndex, from))
            return new BlockResult(BlockOutcome.Duplicate, false);
        if (partial.Free == 0)
            _partials.SetOpen(partial, false);
        return new BlockResult(BlockOutcome.Accepted, partial.IsWhole);
    }

    /// <summary>
    /// A peer will not send a block: cancelled, rejected, timed out, choked. The block is free again unless another peer was asked
    /// for it too. Nothing happens when the peer was not asked for it.
    /// </summary>
    public void Release(BlockAddress block, PeerIndex peer)
    {
        if (_geometry.IsBlock(block) && _partials.Find(block.Piece.Value) is { } partial)
            Release(partial, block.BlockIndex, peer);
    }

    /// <summary>A peer is gone: all that it was asked for is released. What it sent stays, under its slot.</summary>
    public void PeerGone(PeerIndex peer)
    {
        for (int i = _partials.Active.Count - 1; i >= 0; i--)
        {
            PartialPiece partial = _partials.Active[i];
            if (partial.Owner == peer)
                partial.Owner = PeerIndex.None;
            for (int block = 0; block < partial.BlockCount && partial.ActiveIndex >= 0; block++)
            {
                if (partial.Requesters(block).Contains(peer))
                    Release(partial, block, peer);
            }
        }

        _accounts[peer].CurrentPiece = -1;
        _accounts[peer].PrefersRuns = false;
    }

    /// <summary>
    /// Whether some block of a piece in progress came from the peer in this slot. The slot of a peer that is gone must not be given
    /// to another before, or that one would be blamed for these blocks.
    /// </summary>
    public bool HasContributions(PeerIndex peer) => _accounts[peer].Contributions > 0;

    /// <summary>How many blocks of pieces in progress came from a peer or are to come: what nobody has verified yet.</summary>
    public int AtRisk(PeerIndex peer) => _accounts[peer].Contributions + _accounts[peer].Outstanding;

    /// <summary>Finds the pieces in progress that are not whole and hold a block of this peer.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="pieces">Receives the pieces.</param>
    public void FindContributions(PeerIndex peer, List<PieceIndex> pieces)
    {
        foreach (PartialPiece partial in _partials.Active)
        {
            if (!partial.IsWhole && partial.Contributors.Contains(peer))
                pieces.Add(new PieceIndex(partial.Piece));
        }
    }

    /// <summary>How many blocks a peer was asked for and has not sent.</summary>
    public int Outstanding(PeerIndex peer) => _accounts[peer].Outstanding;

    /// <summary>
    /// Who sent each block of a piece in progress (<see cref="PeerIndex.None"/> where it is lacking); empty when the piece is not in
    /// progress. Valid until the piece is verified or reset.
    /// </summary>
    public ReadOnlySpan<PeerIndex> Contributors(PieceIndex piece)
    {
        PartialPiece? partial = _partials.Find(piece.Value);
        return partial is null ? [] : partial.Contributors;
    }

    /// <summary>Who was asked for a block and has not sent it. Valid until the next call that changes anything.</summary>
    public ReadOnlySpan<PeerIndex> Requesters(BlockAddress block)
    {
        PartialPiece? partial = _partials.Find(block.Piece.Value);
        return partial is null || !_geometry.IsBlock(block) ? [] : partial.Requesters(block.BlockIndex);
    }

    /// <summary>Whether every block of a piece is here and its hash is awaited.</summary>
    public bool IsWhole(PieceIndex piece) => _partials.Find(piece.Value) is { IsWhole: true };

    /// <summary>How many blocks of a piece in progress are here; zero when it is not in progress.</summary>
    public int BlocksReceived(PieceIndex piece) => _partials.Find(piece.Value)?.Received ?? 0;

    /// <summary>How many blocks of a piece in progress are asked for and not here; zero when it is not in progress.</summary>
    public int BlocksRequested(PieceIndex piece) => _partials.Find(piece.Value)?.Busy ?? 0;

    private void Release(PartialPiece partial, int block, PeerIndex peer)
    {
        if (!partial.Release(block, peer))
            return;
        var piece = new PieceIndex(partial.Piece);
        if (partial.Free == partial.BlockCount)
            _partials.End(partial);
        Settle(piece);
    }
}

/// <summary>What a received block was worth.</summary>
internal enum BlockOutcome
{
    /// <summary>It was lacking: store it.</summary>
    Accepted,

    /// <summary>It is here already: the bytes are wasted.</summary>
    Duplicate,

    /// <summary>It is no block of a piece that is wanted: the bytes are wasted.</summary>
    Unwanted,
}

/// <summary>What became of a received block.</summary>
/// <param name="Outcome">What the block was worth.</param>
/// <param name="PieceComplete">Whether this block was the last that its piece lacked; the piece now waits for its hash.</param>
internal readonly record struct BlockResult(BlockOutcome Outcome, bool PieceComplete);
