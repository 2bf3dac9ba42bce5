using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>
/// This client's outstanding requests to one peer, oldest first. Most peers answer in this order, so a search usually
/// ends at the first request.
/// </summary>
internal sealed class RequestQueue
{
    private readonly RingList<Entry> _entries = new();

    public int Count => _entries.Count;

    /// <summary>Adds the newest request.</summary>
    /// <param name="block">The requested block.</param>
    /// <param name="sent">When the request was sent, as a timestamp of <see cref="SwarmState.Now"/>.</param>
    public void Add(BlockAddress block, long sent) => _entries.Enqueue(new Entry(block, sent));

    /// <summary>Removes the request for a block.</summary>
    /// <param name="block">The requested block.</param>
    /// <param name="sent">When the request was sent, as a timestamp of <see cref="SwarmState.Now"/>.</param>
    /// <returns>False if no request for the block is outstanding.</returns>
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

    /// <summary>Removes the oldest request and returns its block. The queue must not be empty.</summary>
    public BlockAddress Dequeue() => _entries.Dequeue().Block;

    /// <summary>Removes the newest request and returns its block. The queue must not be empty.</summary>
    public BlockAddress TakeLast()
    {
        BlockAddress block = _entries[_entries.Count - 1].Block;
        _entries.RemoveAt(_entries.Count - 1);
        return block;
    }

    private readonly record struct Entry(BlockAddress Block, long Sent);
}
