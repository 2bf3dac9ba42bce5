namespace TorrentPS.Engine.Storage;

/// <summary>
/// What a worker does with the piece it owns: hash what has come, compare when the piece is whole, write when it is right. The lock is
/// taken only to look at what other threads change meanwhile and to book what has become of the piece.
/// </summary>
internal sealed class PiecePipeline(
    Lock gate, PieceTable pieces, FaultQueue faults, PieceHasher hasher, IContentFiles files, SpillFile spill)
{
    /// <summary>Takes a piece as far as it goes.</summary>
    /// <exception cref="StorageException">The disk refused; the piece is still the caller's.</exception>
    public PieceOutcome Advance(PieceAssembly piece)
    {
        PieceOutcome outcome = piece.IsVerified ? PieceOutcome.Verified : HashToEnd(piece);
        return outcome == PieceOutcome.Verified ? Write(piece) : outcome;
    }

    /// <summary>Hashes for as long as there is enough, and compares when the piece is whole.</summary>
    private PieceOutcome HashToEnd(PieceAssembly piece)
    {
        while (true)
        {
            int prefix;
            lock (gate)
            {
                if (piece.IsDiscarded)
                    return PieceOutcome.Discarded;
                if (!piece.IsReady)
                {
                    piece.IsBusy = false;
                    return PieceOutcome.LetGo;
                }

                prefix = piece.Prefix;
            }

            hasher.HashPrefix(piece, prefix);
            if (prefix == piece.BlockCount)
                return Compare(piece);
        }
    }

    private PieceOutcome Compare(PieceAssembly piece)
    {
        bool failedBefore;
        lock (gate)
            failedBefore = pieces.HasFailed(piece.Piece);

        bool right = piece.Hash!.Matches(piece.Piece);
        if (failedBefore || !right)
            piece.Digests = hasher.Digests(piece);

        lock (gate)
        {
            if (piece.IsDiscarded)
                return PieceOutcome.Discarded;
            piece.IsVerified = right;
            if (right)
                return PieceOutcome.Verified;
            pieces.Rejected(piece);
            return PieceOutcome.Rejected;
        }
    }

    private PieceOutcome Write(PieceAssembly piece)
    {
        lock (gate)
        {
            if (faults.IsFaulted)
            {
                faults.Hold(piece);
                return PieceOutcome.LetGo;
            }
        }

        PieceWriter.Write(piece, files, spill);
        lock (gate)
            pieces.Written(piece);
        return PieceOutcome.Written;
    }
}
