using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>The blocks asked of one peer and not yet here, oldest first. Peers mostly answer in order, so the search ends at once.</summary>
internal sealed class RequestQueue
{
    private readonly RingList<Entry> _entries = new();

    /// <summary>How many are on their way.</summary>
    public int Count => _entries.Count;

    /// <summary>Notes a request.</summary>
    public void Add(BlockAddress block, long sent) => _entries.Enqueue(new Entry(block, sent));

    /// <summary>Strikes a request off.</summary>
    /// <returns>False when the block was not asked for.</returns>
    public bool Remove(BlockAddress block, out long sent)
    {
        for (int i = 0; i < _entries.Count; i++)
        {
            if (_entries[i].Block != block)
                continue;
            sent = _entries[i].Sent;
            _entries.RemoveAt(i);
            return true;
        }

        sent = 0;
        return false;
    }

    /// <summary>Takes the oldest request off.</summary>
    public BlockAddress Dequeue() => _entries.Dequeue().Block;

    /// <summary>Takes the newest request off.</summary>
    public BlockAddress TakeLast()
    {
        BlockAddress block = _entries[_entries.Count - 1].Block;
        _entries.RemoveAt(_entries.Count - 1);
        return block;
    }

    private readonly record struct Entry(BlockAddress Block, long Sent);
}
