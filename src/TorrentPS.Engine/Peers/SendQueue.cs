using System.Buffers;
using System.Runtime.CompilerServices;
using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Peers;

/// <summary>
/// The messages and blocks that a connection has to send. Messages are stored encoded, blocks only by their addresses.
/// The swarm loop adds entries and the send loop takes them. A block's data is read only after the send loop has taken
/// the block's address, so removing a queued block costs no I/O.
/// </summary>
internal sealed class SendQueue
{
    /// <summary>
    /// Maximum size in bytes of the queued messages. It has room for 58,000 have messages. If a further message would
    /// exceed it, the connection is closed, because the peer isn't reading.
    /// </summary>
    private const int MaxControlBytes = 512 * 1024;

    /// <summary>
    /// Number of queued blocks at which the queue has no room for further requests of the peer: 256 MiB of content.
    /// Clients request the blocks that they expect to receive in the next 3 to 10 seconds. A smaller queue would limit
    /// the download rate of clients that request the most: with 2,000 blocks, a download by Transmission takes twice as
    /// long. The cost of the larger queue: above 1 Gbit/s, libtorrent also requests more than 2,000 blocks, and then
    /// uses a quarter more CPU time. A full queue takes 192 KiB of memory.
    /// </summary>
    public const int MaxBlocks = 16 * 1024;

    /// <summary>Initial size in bytes of the two buffers for messages. Most connections send little.</summary>
    private const int SmallBuffer = 1024;

    private readonly Lock _gate = new();
    private readonly Signal _gotRoom = new();
    private readonly RingList<BlockAddress> _blocks = new();
    private byte[] _filling = ArrayPool<byte>.Shared.Rent(SmallBuffer);
    private byte[] _sending = ArrayPool<byte>.Shared.Rent(SmallBuffer);
    private int _filled;
    private bool _isClosed;
    private bool _isRoomAwaited;

    public int BlockCount
    {
        get
        {
            lock (_gate)
                return _blocks.Count;
        }
    }

    /// <summary>Number of blocks that can be queued before the queue is full; not negative.</summary>
    public int Room => Math.Max(0, MaxBlocks - BlockCount);

    /// <summary>Size in bytes of the queued messages. Queued blocks don't count.</summary>
    public int ControlBytes
    {
        get
        {
            lock (_gate)
                return _filled;
        }
    }

    /// <summary>Queues an encoded message. Drops it after <see cref="Close"/>.</summary>
    /// <returns>False if the message wasn't queued, because <see cref="MaxControlBytes"/> would be exceeded.</returns>
    public bool TryAppend(ReadOnlySpan<byte> message)
    {
        lock (_gate)
        {
            if (_isClosed)
                return true;
            if (_filled + message.Length > MaxControlBytes && _filled > 0)
                return false;
            if (_filled + message.Length > _filling.Length)
                Grow(_filled + message.Length);
            message.CopyTo(_filling.AsSpan(_filled));
            _filled += message.Length;
            return true;
        }
    }

    /// <summary>
    /// Removes all queued messages and returns their bytes. Blocks stay queued. The memory is valid until the next call
    /// of this method.
    /// </summary>
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

    /// <summary>
    /// Waits while the queue is full. Only one caller may wait at a time. Cancelling the token does not end the wait by
    /// itself: <see cref="StopWaiting"/> must be called after the cancellation.
    /// </summary>
    /// <exception cref="OperationCanceledException">The connection closed during the wait.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WaitForRoomAsync(CancellationToken closing)
    {
        while (true)
        {
            closing.ThrowIfCancellationRequested();
            lock (_gate)
            {
                if (_blocks.Count < MaxBlocks)
                    return;
                _isRoomAwaited = true;
            }

            await _gotRoom.WaitAsync();
        }
    }

    /// <summary>
    /// Makes a waiting call of <see cref="WaitForRoomAsync"/> check its cancellation token. Must be called after the
    /// token has been cancelled.
    /// </summary>
    public void StopWaiting() => _gotRoom.Set();

    /// <summary>Queues a block, even if the queue is full.</summary>
    public void Enqueue(BlockAddress block)
    {
        lock (_gate)
            _blocks.Enqueue(block);
    }

    /// <summary>
    /// Removes blocks from the front of the queue and stores them in <paramref name="destination"/>. Stops when the
    /// destination is full, or when a further block would exceed <paramref name="maxBytes"/> of data. Removes at least
    /// one block if any is queued.
    /// </summary>
    /// <returns>The number of removed blocks.</returns>
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

            OnRemoved();
            return count;
        }
    }

    /// <summary>Removes a block from the queue. Returns false if the block isn't queued.</summary>
    public bool Remove(BlockAddress block)
    {
        lock (_gate)
        {
            for (int i = 0; i < _blocks.Count; i++)
            {
                if (_blocks[i] != block)
                    continue;
                _blocks.RemoveAt(i);
                OnRemoved();
                return true;
            }

            return false;
        }
    }

    /// <summary>Removes all blocks from the queue and appends them to a list in the order of the queue.</summary>
    public void RemoveAll(List<BlockAddress> taken)
    {
        lock (_gate)
        {
            while (_blocks.Count > 0)
                taken.Add(_blocks.Dequeue());
            OnRemoved();
        }
    }

    /// <summary>
    /// Gives the buffers back to the array pool. Must be called once, after the send loop has ended. Messages that
    /// are queued later are dropped.
    /// </summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _filled = 0;
            ArrayPool<byte>.Shared.Return(_filling);
            ArrayPool<byte>.Shared.Return(_sending);
            (_filling, _sending) = ([], []);
        }
    }

    private void Grow(int length)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_filling.Length * 2, length));
        _filling.AsSpan(0, _filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_filling);
        _filling = larger;
    }

    private void OnRemoved()
    {
        if (!_isRoomAwaited || _blocks.Count >= MaxBlocks)
            return;
        _isRoomAwaited = false;
        _gotRoom.Set();
    }
}
