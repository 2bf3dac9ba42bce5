using System.Runtime.CompilerServices;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Peers;

/// <summary>
/// The message batches of one receive loop. Their fixed number bounds the messages that wait for the swarm loop. The
/// receive loop takes batches, and the swarm loop returns them.
/// </summary>
internal sealed class BatchPool
{
    /// <summary>
    /// Batches of one connection that may wait for the swarm loop at once. With several, the receive loop goes on
    /// reading while the swarm loop handles earlier batches.
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

    /// <summary>Takes an empty batch, waiting until the swarm loop returns one if all are in use.</summary>
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

    /// <summary>Empties a handled batch and makes it available again.</summary>
    public void Return(MessageBatch batch)
    {
        batch.Clear();
        lock (_gate)
            _free.Push(batch);
        _returned.Set();
    }
}

/// <summary>The messages parsed from one read, in order. Batches are reused (<see cref="BatchPool"/>).</summary>
internal sealed class MessageBatch
{
    private readonly List<PeerEvent> _events = new(32);

    public int Count => _events.Count;

    public PeerEvent this[int index] => _events[index];

    /// <summary>Appends a message.</summary>
    public void Add(in PeerEvent message) => _events.Add(message);

    /// <summary>
    /// Removes all messages. It does not return their blocks: the handler of each message has done so.
    /// </summary>
    public void Clear() => _events.Clear();
}
