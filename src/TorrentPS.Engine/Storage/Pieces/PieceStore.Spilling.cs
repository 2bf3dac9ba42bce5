namespace TorrentPS.Engine.Storage.Pieces;

/// <content>Moves blocks of incomplete pieces to the spill file while few blocks of the pool are free.</content>
internal sealed partial class PieceStore
{
    private void SpillIfNeeded()
    {
        bool spill;
        lock (_lock)
            spill = TryStartSpilling();
        if (spill)
            _executor.Queue(_spill);
    }

    /// <summary>
    /// Decides whether to start spilling. If so, marks spilling as running. Must be called under the lock.
    /// </summary>
    /// <returns>Whether spilling starts. If it does, the caller must queue <see cref="_spill"/>.</returns>
    private bool TryStartSpilling()
    {
        if (_isFaulted || _isClosing || _isSpilling || !_spillQueue.ShouldStart)
            return false;
        _work.Enter();
        return _isSpilling = true;
    }

    private void SpillWhileNeeded()
    {
        while (ClaimNextToSpill() is { } piece)
        {
            bool spilled = TrySpill(piece);
            Unclaim(piece);
            if (!spilled)
                break;
        }

        _work.Leave();
    }

    private PieceBuffer? ClaimNextToSpill()
    {
        lock (_lock)
        {
            PieceBuffer? piece = _spillQueue.Next();
            _isSpilling = piece is not null;
            if (piece is not null)
                piece.IsClaimed = true;
            return piece;
        }
    }

    private bool TrySpill(PieceBuffer piece)
    {
        try
        {
            Spill(piece);
            return true;
        }
        catch (Exception exception)
        {
            // The blocks stay in memory until the fault is resolved.
            lock (_lock)
                _isSpilling = false;
            Fail(null, StorageFaults.Wrap(exception, _spillFile.FilePath).Fault);
            return false;
        }
    }

    private void Spill(PieceBuffer piece)
    {
        int prefix;
        lock (_lock)
        {
            prefix = piece.PrefixCount;
            _spillBatch.Collect(piece);
        }

        // Blocks that are hashed before they are spilled need not be read back for hashing.
        piece.HashUpTo(prefix);
        if (piece.SpillSlot < 0)
            piece.SpillSlot = _spillFile.TakeSlot();
        _spillBatch.Write(piece, _spillFile);
        lock (_lock)
        {
            _spillBatch.MarkSpilled(piece);
            _spillQueue.BlocksRemoved(piece, _spillBatch.Count);
        }

        _spillBatch.ReturnBlocks(_pool);
    }

    /// <summary>
    /// Ends the claim on a piece after spilling. If the piece was discarded during spilling, releases its buffer. If
    /// the piece became ready for hashing, queues it.
    /// </summary>
    private void Unclaim(PieceBuffer piece)
    {
        bool process;
        bool isDiscarded;
        lock (_lock)
        {
            isDiscarded = piece.IsDiscarded;
            piece.IsClaimed = false;
            process = !isDiscarded && TryClaimReady(piece);
        }

        if (isDiscarded)
            Release(piece);
        if (process)
            _executor.Queue(_processNext);
    }
}
