using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>
/// The blocks requested from a web seed: those of the range that is being fetched, and those that wait. A range
/// consists of blocks that are consecutive in the content. Thread-safe: the swarm loop adds and cancels blocks while
/// the fetch loop removes them.
/// </summary>
/// <param name="offsetOf">Returns the offset of a block in the torrent's content, in bytes.</param>
internal sealed class RangeRequestQueue(Func<BlockAddress, long> offsetOf)
{
    private readonly Lock _gate = new();
    private readonly RingList<BlockAddress> _waiting = new();
    private readonly RingList<(BlockAddress Block, bool IsWanted)> _range = new();
    private int _wanted;

    /// <summary>
    /// Whether all blocks of the current range that were not fetched yet are cancelled. False if there are no such
    /// blocks.
    /// </summary>
    public bool IsAbandoned
    {
        get
        {
            lock (_gate)
                return _range.Count > 0 && _wanted == 0;
        }
    }

    /// <summary>
    /// The first block of the current range that was not fetched yet. Use it only if there is such a block.
    /// </summary>
    public BlockAddress Current
    {
        get
        {
            lock (_gate)
                return _range[0].Block;
        }
    }

    /// <summary>Adds a requested block.</summary>
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
    /// Begins the next range: the block that was requested first, and the blocks requested directly after it that are
    /// consecutive in the content.
    /// </summary>
    /// <param name="offset">The offset of the range in the torrent's content, in bytes.</param>
    /// <param name="length">The length of the range in bytes.</param>
    /// <returns>False if no block waits.</returns>
    public bool TryBegin(out long offset, out long length)
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

    /// <summary>Removes the block <see cref="Current"/> from the range, after it was fetched.</summary>
    /// <returns>False if the removed block was cancelled.</returns>
    public bool Next()
    {
        lock (_gate)
        {
            bool isWanted = _range.Dequeue().IsWanted;
            if (isWanted)
                _wanted--;
            return isWanted;
        }
    }

    /// <summary>Removes all blocks that were not fetched yet: those of the range and those that wait.</summary>
    /// <param name="taken">The list to which the removed blocks are appended, without the cancelled ones.</param>
    public void TakeAll(List<BlockAddress> taken)
    {
        lock (_gate)
        {
            while (_range.Count > 0)
            {
                (BlockAddress block, bool isWanted) = _range.Dequeue();
                if (isWanted)
                    taken.Add(block);
            }

            _wanted = 0;
            while (_waiting.Count > 0)
                taken.Add(_waiting.Dequeue());
        }
    }
}
