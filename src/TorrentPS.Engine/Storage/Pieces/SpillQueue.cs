using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Storage.Pieces;

/// <summary>
/// Decides when blocks are moved to the spill file, and from which piece. It selects the incomplete piece that has
/// received no block for the longest time. With spilling, a download can proceed with a block pool smaller than one
/// piece.
/// </summary>
/// <remarks>Not thread-safe: <see cref="PieceStore"/> calls it under its lock.</remarks>
internal sealed class SpillQueue(BlockPool pool)
{
    /// <summary>
    /// Divisor of the pool's capacity. Spilling starts when fewer than 1/8 of the blocks are free, so that the receive
    /// loops can still rent blocks while the first piece is spilled.
    /// </summary>
    private const int StartFraction = 8;

    /// <summary>
    /// Divisor of the pool's capacity. Spilling stops when 1/4 of the blocks are free, so that it does not start again
    /// soon.
    /// </summary>
    private const int StopFraction = 4;

    /// <summary>Incomplete pieces. The one that has received no block for the longest time comes first.</summary>
    private readonly LinkedList<PieceBuffer> _incomplete = new();
    private int _incompleteBlocks;
    private int _completeBlocks;

    /// <summary>
    /// Whether spilling should start. It does not start while complete pieces hold more blocks than incomplete ones,
    /// because complete pieces are written soon and their blocks are then returned to the pool.
    /// </summary>
    public bool ShouldStart =>
        _incompleteBlocks > 0
        && _incompleteBlocks >= _completeBlocks
        && pool.Available < pool.Capacity / StartFraction
        && FindOldest() is not null;

    /// <summary>
    /// Counts a block that was just added to a piece. If the piece is still incomplete, it becomes the last in the
    /// queue. If it is now complete, it is removed from the queue.
    /// </summary>
    public void BlockAdded(PieceBuffer piece)
    {
        if (piece.SpillNode.List is not null)
            _incomplete.Remove(piece.SpillNode);
        if (piece.IsComplete)
        {
            _incompleteBlocks -= piece.InMemoryCount - 1;
            _completeBlocks += piece.InMemoryCount;
            return;
        }

        _incompleteBlocks++;
        _incomplete.AddLast(piece.SpillNode);
    }

    /// <summary>Updates the numbers of blocks in memory after blocks were removed from a piece.</summary>
    public void BlocksRemoved(PieceBuffer piece, int count)
    {
        piece.InMemoryCount -= count;
        if (piece.IsComplete)
            _completeBlocks -= count;
        else
            _incompleteBlocks -= count;
    }

    /// <summary>
    /// Removes a piece from the queue and subtracts its blocks from the number of blocks in memory. Called before the
    /// blocks are returned to the pool.
    /// </summary>
    public void Remove(PieceBuffer piece)
    {
        BlocksRemoved(piece, piece.InMemoryCount);
        if (piece.SpillNode.List is not null)
            _incomplete.Remove(piece.SpillNode);
    }

    /// <summary>
    /// Returns the piece to spill next. Returns null if enough blocks are free, if complete pieces hold more blocks
    /// than incomplete ones, or if no piece can be spilled.
    /// </summary>
    public PieceBuffer? Next() =>
        pool.Available < pool.Capacity / StopFraction && _incompleteBlocks >= _completeBlocks ? FindOldest() : null;

    private PieceBuffer? FindOldest()
    {
        for (LinkedListNode<PieceBuffer>? node = _incomplete.First; node is not null; node = node.Next)
        {
            if (!node.Value.IsClaimed && node.Value.InMemoryCount > 0)
                return node.Value;
        }

        return null;
    }
}
