using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Peers;

/// <summary>
/// What waits to leave a connection: small messages already encoded, and blocks as descriptors. The loop fills it, the send pump
/// empties it; cancelling a block that is still a descriptor costs nothing.
/// </summary>
internal sealed class SendQueue
{
    /// <summary>More unsent small messages than this and the peer is not reading: 60,000 haves.</summary>
    private const int MaxControlBytes = 512 * 1024;

    private readonly Lock _gate = new();
    private readonly RingList<BlockAddress> _blocks = new();
    private byte[] _filling = new byte[1024];
    private byte[] _sending = new byte[1024];
    private int _filled;

    /// <summary>How many blocks wait.</summary>
    public int BlockCount
    {
        get
        {
            lock (_gate)
                return _blocks.Count;
        }
    }

    /// <summary>How many bytes of small messages wait.</summary>
    public int ControlBytes
    {
        get
        {
            lock (_gate)
                return _filled;
        }
    }

    /// <summary>Puts an encoded message at the end.</summary>
    /// <returns>False when the peer reads too slowly to be worth keeping.</returns>
    public bool TryAppend(ReadOnlySpan<byte> message)
    {
        lock (_gate)
        {
            if (_filled + message.Length > MaxControlBytes && _filled > 0)
                return false;
            if (_filled + message.Length > _filling.Length)
                Array.Resize(ref _filling, Math.Max(_filling.Length * 2, _filled + message.Length));
            message.CopyTo(_filling.AsSpan(_filled));
            _filled += message.Length;
            return true;
        }
    }

    /// <summary>Takes all small messages; they stay valid until the next call.</summary>
    public ReadOnlyMemory<byte> TakeControl()
    {
        lock (_gate)
        {
            (_filling, _sending) = (_sending, _filling);
            int length = _filled;
            _filled = 0;
            return _sending.AsMemory(0, length);
        }
    }

    /// <summary>Puts a block in line.</summary>
    public void Enqueue(BlockAddress block)
    {
        lock (_gate)
            _blocks.Enqueue(block);
    }

    /// <summary>Takes the next blocks, at least one if there is one, as many as fit.</summary>
    /// <returns>How many.</returns>
    public int TakeBlocks(Span<BlockAddress> destination, int maxBytes)
    {
        lock (_gate)
        {
            int count = 0;
            while (count < destination.Length && _blocks.Count > 0 && (count == 0 || _blocks[0].Length <= maxBytes))
            {
                destination[count] = _blocks.Dequeue();
                maxBytes -= destination[count++].Length;
            }

            return count;
        }
    }

    /// <summary>Takes one block back.</summary>
    public bool Remove(BlockAddress block)
    {
        lock (_gate)
        {
            for (int i = 0; i < _blocks.Count; i++)
            {
                if (_blocks[i] != block)
                    continue;
                _blocks.RemoveAt(i);
                return true;
            }

            return false;
        }
    }

    /// <summary>Takes all blocks back.</summary>
    public void RemoveAll(List<BlockAddress> taken)
    {
        lock (_gate)
        {
            while (_blocks.Count > 0)
                taken.Add(_blocks.Dequeue());
        }
    }
}
