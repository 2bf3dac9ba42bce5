using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <content>Keeps track of requested and received blocks.</content>
internal sealed partial class PiecePicker
{
    /// <summary>Marks a block as received from a peer.</summary>
    /// <remarks>
    /// A block of a wanted piece is accepted even if it isn't requested from this peer, because it may arrive after its
    /// request timed out. Afterwards <see cref="Requesters"/> returns the other peers from which the block is still
    /// requested. The caller should send a cancel to these peers.
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
        if (partial.FreeCount == 0)
            _partials.SetOpen(partial, false);
        return new BlockResult(BlockOutcome.Accepted, partial.HasAllBlocks);
    }

    /// <summary>
    /// Removes the request for a block from one peer, after a cancel, a reject, a timeout or a choke.
    /// </summary>
    /// <remarks>
    /// The block becomes free if it is requested from no other peer. The call has no effect if the block isn't
    /// requested from this peer.
    /// </remarks>
    public void Release(BlockAddress block, PeerIndex peer)
    {
        if (_geometry.IsBlock(block) && _partials.Find(block.Piece.Value) is { } partial)
            Release(partial, block.BlockIndex, peer);
    }

    /// <summary>
    /// Removes all requests to a peer that disconnected. Blocks received from that peer remain and keep its index as
    /// their sender.
    /// </summary>
    public void ReleaseAll(PeerIndex peer)
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

        _peers[peer].CurrentPiece = -1;
        _peers[peer].PrefersConsecutive = false;
    }

    /// <summary>Returns whether a partial piece contains a block received from the peer with this index.</summary>
    /// <remarks>
    /// While this is true, the index must not be reused for another peer. Otherwise these blocks would be attributed to
    /// that peer.
    /// </remarks>
    public bool HasContributions(PeerIndex peer) => _peers[peer].Contributions > 0;

    /// <summary>
    /// Returns the number of blocks of partial pieces that are requested from a peer or were received from it.
    /// </summary>
    public int UnverifiedBlocks(PeerIndex peer) => _peers[peer].Contributions + _peers[peer].Outstanding;

    /// <summary>Adds to a list the incomplete partial pieces that contain a block received from this peer.</summary>
    public void FindContributions(PeerIndex peer, List<PieceIndex> pieces)
    {
        foreach (PartialPiece partial in _partials.Active)
        {
            if (!partial.HasAllBlocks && partial.Contributors.Contains(peer))
                pieces.Add(new PieceIndex(partial.Piece));
        }
    }

    public int Outstanding(PeerIndex peer) => _peers[peer].Outstanding;

    /// <summary>
    /// Returns the sender of each block of a partial piece; <see cref="PeerIndex.None"/> for a block that isn't
    /// received.
    /// </summary>
    /// <returns>
    /// The senders, or an empty span if the piece isn't partial. The span is valid until the piece is verified or
    /// reset.
    /// </returns>
    public ReadOnlySpan<PeerIndex> Contributors(PieceIndex piece)
    {
        PartialPiece? partial = _partials.Find(piece.Value);
        return partial is null ? [] : partial.Contributors;
    }

    /// <summary>Returns the peers from which a block is requested and that haven't sent it.</summary>
    /// <returns>The peers. The span is valid until the next call that changes the picker.</returns>
    public ReadOnlySpan<PeerIndex> Requesters(BlockAddress block)
    {
        PartialPiece? partial = _partials.Find(block.Piece.Value);
        return partial is null || !_geometry.IsBlock(block) ? [] : partial.Requesters(block.BlockIndex);
    }

    /// <summary>Returns whether all blocks of a piece are received and its hash check is pending.</summary>
    public bool HasAllBlocks(PieceIndex piece) => _partials.Find(piece.Value) is { HasAllBlocks: true };

    /// <summary>Returns the number of received blocks of a partial piece; zero if the piece isn't partial.</summary>
    public int BlocksReceived(PieceIndex piece) => _partials.Find(piece.Value)?.ReceivedCount ?? 0;

    /// <summary>
    /// Returns the number of blocks of a partial piece that are requested and not received; zero if the piece isn't
    /// partial.
    /// </summary>
    public int BlocksRequested(PieceIndex piece) => _partials.Find(piece.Value)?.RequestedCount ?? 0;

    private void Release(PartialPiece partial, int block, PeerIndex peer)
    {
        if (!partial.Release(block, peer))
            return;
        var piece = new PieceIndex(partial.Piece);
        if (partial.FreeCount == partial.BlockCount)
            _partials.End(partial);
        UpdateSets(piece);
    }
}

internal enum BlockOutcome
{
    /// <summary>The block was not received before. The caller must store it.</summary>
    Accepted,

    /// <summary>The block was received before. Its bytes are wasted.</summary>
    Duplicate,

    /// <summary>
    /// The torrent doesn't contain the block, or the piece of the block isn't wanted. The bytes are wasted.
    /// </summary>
    Unwanted,
}

/// <summary>The result of <see cref="PiecePicker.MarkReceived"/>.</summary>
/// <param name="Outcome">Whether the block is accepted, a duplicate or unwanted.</param>
/// <param name="PieceComplete">
/// Whether the block was the last one that its piece lacked. The piece then waits for its hash check.
/// </param>
internal readonly record struct BlockResult(BlockOutcome Outcome, bool PieceComplete);
