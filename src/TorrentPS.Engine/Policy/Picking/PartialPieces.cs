namespace TorrentPS.Engine.Policy.Picking;

/// <summary>
/// The partial pieces of a torrent. Instances are reused, so memory is allocated only when their number grows.
/// </summary>
internal sealed class PartialPieces
{
    private readonly int _maxBlocks;
    private readonly PeerPickStates _peers;
    private readonly int[] _indexOf;
    private readonly List<PartialPiece> _active = [];
    private readonly List<PartialPiece> _open = [];
    private readonly Stack<PartialPiece> _spare = [];

    public PartialPieces(int pieceCount, int maxBlocks, PeerPickStates peers)
    {
        _maxBlocks = maxBlocks;
        _peers = peers;
        _indexOf = new int[pieceCount];
        _indexOf.AsSpan().Fill(-1);
    }

    /// <summary>Gets all partial pieces, in no particular order.</summary>
    public List<PartialPiece> Active => _active;

    /// <summary>Gets the wanted partial pieces that have a free block, in no particular order.</summary>
    public List<PartialPiece> Open => _open;

    /// <summary>Returns the state of a partial piece; null if the piece isn't partial.</summary>
    public PartialPiece? Find(int piece)
    {
        int index = _indexOf[piece];
        return index < 0 ? null : _active[index];
    }

    public PartialPiece Begin(int piece, int blockCount)
    {
        if (!_spare.TryPop(out PartialPiece? partial))
            partial = new PartialPiece(_maxBlocks, _peers);
        partial.Begin(piece, blockCount);
        partial.ActiveIndex = _active.Count;
        _indexOf[piece] = _active.Count;
        _active.Add(partial);
        return partial;
    }

    /// <summary>
    /// Removes a partial piece and keeps the instance for reuse. The caller must not use the instance afterwards.
    /// </summary>
    public void End(PartialPiece partial)
    {
        partial.End();
        SetOpen(partial, false);
        PartialPiece last = _active[^1];
        _active[partial.ActiveIndex] = last;
        last.ActiveIndex = partial.ActiveIndex;
        _indexOf[last.Piece] = partial.ActiveIndex;
        _active.RemoveAt(_active.Count - 1);
        _indexOf[partial.Piece] = -1;
        partial.ActiveIndex = -1;
        _spare.Push(partial);
    }

    public void SetOpen(PartialPiece partial, bool open)
    {
        if (open == (partial.OpenIndex >= 0))
            return;
        if (open)
        {
            partial.OpenIndex = _open.Count;
            _open.Add(partial);
            return;
        }

        PartialPiece last = _open[^1];
        _open[partial.OpenIndex] = last;
        last.OpenIndex = partial.OpenIndex;
        _open.RemoveAt(_open.Count - 1);
        partial.OpenIndex = -1;
    }
}
