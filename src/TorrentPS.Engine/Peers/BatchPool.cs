using System.Runtime.CompilerServices;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Peers;

/// <summary>
/// The message batches of one receive or fetch loop. Their fixed number limits how many messages can wait for the swarm
/// loop. The I/O loop takes empty batches. The swarm loop puts them back after it has handled the messages.
/// </summary>
internal sealed class BatchPool
{
    /// <summary>
    /// Number of batches of one connection. With more than one, the I/O loop can continue to read while the swarm loop
    /// handles earlier batches.
    /// </summary>
    private const int MaxBatches = 4;

    private readonly Lock _gate = new();
    private readonly Stack<MessageBatch> _free = new(MaxBatches);
    private readonly Signal _returned = new();

    public BatchPool()
    {
        for (int i = 0; i < MaxBatches; i++)
            _free.Push(new MessageBatch());
    }

    /// <summary>Removes an empty batch from the pool and returns it. Waits while all batches are in use.</summary>
    /// <exception cref="OperationCanceledException">The connection closed during the wait.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<MessageBatch> TakeAsync(CancellationToken closing)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_free.TryPop(out MessageBatch? batch))
                    return batch;
            }

            await _returned.WaitAsync();
            closing.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Empties a handled batch and puts it back into the pool.</summary>
    public void Return(MessageBatch batch)
    {
        batch.Clear();
        lock (_gate)
            _free.Push(batch);
        _returned.Set();
    }
}

/// <summary>
/// Messages received over one connection, in order, which are posted to the swarm loop together. Batches are reused
/// (<see cref="BatchPool"/>).
/// </summary>
internal sealed class MessageBatch
{
    private readonly List<PeerEvent> _events = new(32);

    public int Count => _events.Count;

    public PeerEvent this[int index] => _events[index];

    /// <summary>Total length of the messages' bodies, in bytes.</summary>
    public int BodyBytes { get; private set; }

    public void Add(in PeerEvent message)
    {
        _events.Add(message);
        BodyBytes += message.Body?.Length ?? 0;
    }

    /// <summary>
    /// Removes all messages. Does not give the blocks of piece messages back to the block pool, because the handler of
    /// each message has already done that or passed the block on.
    /// </summary>
    public void Clear()
    {
        _events.Clear();
        BodyBytes = 0;
    }
}
