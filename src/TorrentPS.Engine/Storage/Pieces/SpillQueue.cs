using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Storage.Pieces;

/// <summary>
/// Decides when blocks have to move to the spill file, and of which piece: the incomplete piece that received its last
/// block the longest time ago. Spilling lets a download proceed with a block pool smaller than one piece.
/// </summary>
/// <remarks>Not thread-safe: <see cref="PieceStore"/> calls it under its lock.</remarks>
internal sealed class SpillQueue(BlockPool pool)
{
    /// <summary>
    /// Spilling starts when less than this fraction (1/8) of the pool is free. The receive loops can still rent blocks
    /// while the first piece is being spilled.
    /// </summary>
    private const int StartFraction = 8;

    /// <summary>
    /// Spilling stops when this fraction (1/4) of the pool is free, so that it does not start again at once.
    /// </summary>
    private const int StopFraction = 4;

    /// <summary>Incomplete pieces, the longest untouched first.</summary>
    private readonly LinkedList<PieceBuffer> _incomplete = new();
    private int _incompleteBlocks;
    private int _completeBlocks;

    /// <summary>
    /// Whether spilling should start. It does not help while complete pieces, which are written soon, have most of the
    /// blocks.
    /// </summary>
    public bool ShouldStart =>
        _incompleteBlocks > 0
        && _incompleteBlocks >= _completeBlocks
        && pool.Available < pool.Capacity / StartFraction
        && FindOldest() is not null;

    /// <summary>Counts a block that was just added to the piece, and makes the piece the last to be spilled.</summary>
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

    /// <summary>Subtracts blocks that the piece no longer has in memory.</summary>
    public void BlocksRemoved(PieceBuffer piece, int count)
    {
        piece.InMemoryCount -= count;
        if (piece.IsComplete)
            _completeBlocks -= count;
        else
            _incompleteBlocks -= count;
    }

    /// <summary>Removes the piece, whose blocks are about to be returned to the pool.</summary>
    public void Remove(PieceBuffer piece)
    {
        BlocksRemoved(piece, piece.InMemoryCount);
        if (piece.SpillNode.List is not null)
            _incomplete.Remove(piece.SpillNode);
    }

    /// <summary>
    /// Returns the piece to spill next, or null if enough of the pool is free or nothing can be spilled.
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
