using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>
/// What the loop asked of a web seed: blocks that wait, and before them the run that is being fetched – blocks that follow each other in the
/// content, for one range. Thread-safe: the loop adds and takes back, the pump works through it.
/// </summary>
/// <param name="offsetOf">Where a block begins in the torrent's run, in bytes.</param>
internal sealed class RangeRequestQueue(Func<BlockAddress, long> offsetOf)
{
    private readonly Lock _gate = new();
    private readonly RingList<BlockAddress> _waiting = new();
    private readonly RingList<(BlockAddress Block, bool IsWanted)> _run = new();
    private int _wanted;

    /// <summary>Whether blocks of the run are left and none of them is wanted any more.</summary>
    public bool IsAbandoned
    {
        get
        {
            lock (_gate)
                return _run.Count > 0 && _wanted == 0;
        }
    }

    /// <summary>The block that is being fetched.</summary>
    public BlockAddress Current
    {
        get
        {
            lock (_gate)
                return _run[0].Block;
        }
    }

    /// <summary>A block is asked for.</summary>
    public void Add(BlockAddress block)
    {
        lock (_gate)
            _waiting.Enqueue(block);
    }

    /// <summary>A block is wanted no more. One of the run still comes by, unless all of the rest is wanted no more.</summary>
    public void Cancel(BlockAddress block)
    {
        lock (_gate)
        {
            for (int i = 0; i < _run.Count; i++)
            {
                if (_run[i].Block != block || !_run[i].IsWanted)
                    continue;
                _run[i].IsWanted = false;
                _wanted--;
                return;
            }

            for (int i = 0; i < _waiting.Count; i++)
            {
                if (_waiting[i] != block)
                    continue;
                _waiting.RemoveAt(i);
                return;
            }
        }
    }

    /// <summary>Begins the next run: the block asked for first and those that follow it in the content.</summary>
    /// <param name="offset">Where it begins in the torrent's run, in bytes.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <returns>False when nothing is asked for.</returns>
    public bool TryBegin(out long offset, out long length)
    {
        lock (_gate)
        {
            (offset, length) = (0, 0);
            _run.Clear();
            while (_waiting.Count > 0 && (_run.Count == 0 || offsetOf(_waiting[0]) == offset + length))
            {
                BlockAddress block = _waiting.Dequeue();
                if (_run.Count == 0)
                    offset = offsetOf(block);
                length += block.Length;
                _run.Enqueue((block, true));
            }

            _wanted = _run.Count;
            return _wanted > 0;
        }
    }

    /// <summary>The current block is here; on to the next.</summary>
    /// <returns>Whether it is still wanted.</returns>
    public bool Next()
    {
        lock (_gate)
        {
            bool isWanted = _run.Dequeue().IsWanted;
            if (isWanted)
                _wanted--;
            return isWanted;
        }
    }

    /// <summary>Takes back all that was asked for and is not here.</summary>
    /// <param name="taken">Receives the blocks, in order.</param>
    public void TakeAll(List<BlockAddress> taken)
    {
        lock (_gate)
        {
            while (_run.Count > 0)
            {
                (BlockAddress block, bool isWanted) = _run.Dequeue();
                if (isWanted)
                    taken.Add(block);
            }

            _wanted = 0;
            while (_waiting.Count > 0)
                taken.Add(_waiting.Dequeue());
        }
    }
}
