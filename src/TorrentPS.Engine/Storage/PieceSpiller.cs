using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>
/// Makes room when the pool runs short and incomplete pieces are what fills it: moves the blocks of those touched longest ago
/// to the spill file. So a download makes progress with a pool smaller than one piece.
/// </summary>
/// <remarks>Bookkeeping happens under the store's lock; <see cref="Run"/> is one storage thread's at a time.</remarks>
internal sealed class PieceSpiller(PieceStore store, PieceHasher hasher, Lock gate, BlockPool pool, SpillFile spill) : IStorageWork
{
    /// <summary>Spilling starts when less than this part of the pool is available: pumps still have blocks to go on with meanwhile.</summary>
    private const int StartBelow = 8;

    /// <summary>Spilling ends when this part of the pool is available, so that it does not start again at once.</summary>
    private const int StopAbove = 4;

    private readonly LinkedList<PieceAssembly> _incomplete = new();
    private readonly List<int> _indices = [];
    private readonly List<Block> _blocks = [];
    private int _gathering;
    private int _leaving;
    private bool _running;

    /// <summary>Under the lock: a piece has taken one more block.</summary>
    public void Added(PieceAssembly piece)
    {
        if (piece.Node.List is not null)
            _incomplete.Remove(piece.Node);
        if (piece.IsWhole)
        {
            _gathering -= piece.Held - 1;
            _leaving += piece.Held;
            return;
        }

        _gathering++;
        _incomplete.AddLast(piece.Node);
    }

    /// <summary>Under the lock: a piece gives up its blocks.</summary>
    public void Removed(PieceAssembly piece)
    {
        if (piece.IsWhole)
            _leaving -= piece.Held;
        else
            _gathering -= piece.Held;
        piece.Held = 0;
        if (piece.Node.List is not null)
            _incomplete.Remove(piece.Node);
    }

    /// <summary>Under the lock: whether spilling is needed and not under way; if so it is marked as under way.</summary>
    public bool TryStart()
    {
        if (_running || _gathering == 0 || _gathering < _leaving || pool.Available >= pool.Capacity / StartBelow || Oldest() is null)
            return false;
        return _running = true;
    }

    /// <inheritdoc/>
    public void Run()
    {
        while (Next() is { } piece)
        {
            try
            {
                Spill(piece);
            }
            catch (Exception exception)
            {
                // Nothing was moved: the blocks stay in memory until the fault is resolved.
                piece.Buffers.Clear();
                lock (gate)
                    _running = false;
                store.Fault(null, StorageFaults.Wrap(exception, spill.FilePath).Fault);
                store.Unclaim(piece);
                break;
            }

            store.Unclaim(piece);
        }

        store.Finish();
    }

    private PieceAssembly? Next()
    {
        lock (gate)
        {
            PieceAssembly? piece = pool.Available < pool.Capacity / StopAbove && _gathering >= _leaving ? Oldest() : null;
            if (piece is null)
                _running = false;
            else
                piece.IsBusy = true;
            return piece;
        }
    }

    private PieceAssembly? Oldest()
    {
        for (LinkedListNode<PieceAssembly>? node = _incomplete.First; node is not null; node = node.Next)
        {
            if (!node.Value.IsBusy && node.Value.Held > 0)
                return node.Value;
        }

        return null;
    }

    private void Spill(PieceAssembly piece)
    {
        int prefix;
        _indices.Clear();
        _blocks.Clear();
        lock (gate)
        {
            prefix = piece.Prefix;
            for (int i = 0; i < piece.BlockCount; i++)
            {
                if (piece.Blocks[i] is not { } block)
                    continue;
                _indices.Add(i);
                _blocks.Add(block);
            }
        }

        // What the hash has seen now need not be read back for it.
        hasher.HashPrefix(piece, prefix);
        if (piece.Slot < 0)
            piece.Slot = spill.TakeSlot();
        for (int i = 0; i < _indices.Count;)
            i = WriteRun(piece, i);

        lock (gate)
        {
            foreach (int index in _indices)
            {
                piece.Blocks[index] = null;
                piece.Spilled[index] = true;
            }

            piece.Held -= _indices.Count;
            if (piece.IsWhole)
                _leaving -= _indices.Count;
            else
                _gathering -= _indices.Count;
        }

        foreach (Block block in _blocks)
            pool.Return(block);
        _blocks.Clear();
    }

    /// <summary>Writes the neighbouring blocks from position <paramref name="first"/> on in one go; returns where the next run begins.</summary>
    private int WriteRun(PieceAssembly piece, int first)
    {
        int next = first;
        do
        {
            piece.Buffers.Add(_blocks[next].Memory[..piece.LengthOf(_indices[next])]);
            next++;
        }
        while (next < _indices.Count && _indices[next] == _indices[next - 1] + 1);

        spill.Write(piece.Slot, _indices[first] * TorrentGeometry.BlockLength, piece.Buffers);
        piece.Buffers.Clear();
        return next;
    }
}
