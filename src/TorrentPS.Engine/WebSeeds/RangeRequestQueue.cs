using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>
/// The blocks requested from a web seed: the blocks of the range that is being fetched, and the waiting blocks. The
/// blocks of a range are consecutive in the content. Thread-safe: the swarm loop adds and cancels blocks while the
/// fetch loop removes them.
/// </summary>
/// <param name="offsetOf">Returns the offset of a block in the torrent's content, in bytes.</param>
internal sealed class RangeRequestQueue(Func<BlockAddress, long> offsetOf)
{
    private readonly Lock _gate = new();
    private readonly RingList<BlockAddress> _waiting = new();
    private readonly RingList<(BlockAddress Block, bool IsWanted)> _range = new();
    private int _wanted;

    /// <summary>
    /// Whether all blocks of the current range that were not fetched yet are cancelled. False if all blocks of the
    /// range were fetched.
    /// </summary>
    public bool IsRangeCancelled
    {
        get
        {
            lock (_gate)
                return _range.Count > 0 && _wanted == 0;
        }
    }

    /// <summary>The first block of the current range that was not fetched yet. There must be such a block.</summary>
    public BlockAddress Current
    {
        get
        {
            lock (_gate)
                return _range[0].Block;
        }
    }

    public void Add(BlockAddress block)
    {
        lock (_gate)
            _waiting.Enqueue(block);
    }

    /// <summary>
    /// Cancels a requested block. A block of the current range is still fetched and then discarded, unless all
    /// remaining blocks of the range are cancelled.
    /// </summary>
    public void Cancel(BlockAddress block)
    {
        lock (_gate)
        {
            for (int i = 0; i < _range.Count; i++)
            {
                if (_range[i].Block != block || !_range[i].IsWanted)
                    continue;
                _range[i].IsWanted = false;
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

    /// <summary>
    /// Begins the next range: the first waiting block, and the blocks requested directly after it that are consecutive
    /// in the content. <paramref name="offset"/> is the range's offset in the content, and <paramref name="length"/>
    /// its length, both in bytes.
    /// </summary>
    /// <returns>False if no block waits.</returns>
    public bool TryBeginRange(out long offset, out long length)
    {
        lock (_gate)
        {
            (offset, length) = (0, 0);
            _range.Clear();
            while (_waiting.Count > 0 && (_range.Count == 0 || offsetOf(_waiting[0]) == offset + length))
            {
                BlockAddress block = _waiting.Dequeue();
                if (_range.Count == 0)
                    offset = offsetOf(block);
                length += block.Length;
                _range.Enqueue((block, true));
            }

            _wanted = _range.Count;
            return _wanted > 0;
        }
    }

    /// <summary>
    /// Removes <see cref="Current"/> from the range, after the block was fetched. Returns false if the block was
    /// cancelled.
    /// </summary>
    public bool RemoveCurrent()
    {
        lock (_gate)
        {
            bool isWanted = _range.Dequeue().IsWanted;
            if (isWanted)
                _wanted--;
            return isWanted;
        }
    }

    /// <summary>
    /// Removes all blocks that were not fetched yet, from the range and from the waiting blocks. Appends the removed
    /// blocks that were not cancelled to <paramref name="removed"/>.
    /// </summary>
    public void RemoveAll(List<BlockAddress> removed)
    {
        lock (_gate)
        {
            while (_range.Count > 0)
            {
                (BlockAddress block, bool isWanted) = _range.Dequeue();
                if (isWanted)
                    removed.Add(block);
            }

            _wanted = 0;
            while (_waiting.Count > 0)
                removed.Add(_waiting.Dequeue());
        }
    }
}
