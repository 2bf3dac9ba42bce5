namespace TorrentPS.Engine.Policy.Picking;

/// <summary>The pieces in progress. Records are reused, so that nothing is allocated once their number has settled.</summary>
internal sealed class PartialPieces
{
    private readonly int _maxBlocks;
    private readonly PeerPickStates _accounts;
    private readonly int[] _indexOf;
    private readonly List<PartialPiece> _active = [];
    private readonly List<PartialPiece> _open = [];
    private readonly Stack<PartialPiece> _spare = [];

    /// <summary>No piece in progress, of so many with up to so many blocks each.</summary>
    public PartialPieces(int pieceCount, int maxBlocks, PeerPickStates accounts)
    {
        _maxBlocks = maxBlocks;
        _accounts = accounts;
        _indexOf = new int[pieceCount];
        _indexOf.AsSpan().Fill(-1);
    }

    /// <summary>All pieces in progress.</summary>
    public List<PartialPiece> Active => _active;

    /// <summary>Those with something to ask for.</summary>
    public List<PartialPiece> Open => _open;

    /// <summary>The record of a piece, or null when it is not in progress.</summary>
    public PartialPiece? Find(int piece)
    {
        int index = _indexOf[piece];
        return index < 0 ? null : _active[index];
    }

    /// <summary>Begins a piece.</summary>
    public PartialPiece Begin(int piece, int blockCount)
    {
        if (!_spare.TryPop(out PartialPiece? partial))
            partial = new PartialPiece(_maxBlocks, _accounts);
        partial.Begin(piece, blockCount);
        partial.ActiveIndex = _active.Count;
        _indexOf[piece] = _active.Count;
        _active.Add(partial);
        return partial;
    }

    /// <summary>Ends a piece; its record is reused.</summary>
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

    /// <summary>Says whether a piece has something to ask for.</summary>
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
