using System.Runtime.CompilerServices;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Peers;

/// <summary>
/// The batches of one pump: few, and used again and again, which bounds what waits for the loop. The pump takes them, the loop gives them back.
/// </summary>
internal sealed class BatchSupply
{
    /// <summary>How many batches of one peer may wait for the loop.</summary>
    private const int MaxBatches = 4;

    private readonly Lock _gate = new();
    private readonly Stack<MessageBatch> _free = new(MaxBatches);
    private readonly Signal _returned = new();

    public BatchSupply()
    {
        for (int i = 0; i < MaxBatches; i++)
            _free.Push(new MessageBatch());
    }

    /// <summary>Takes a batch; waits while all are at the loop, which gives them back even when the connection closes.</summary>
    /// <exception cref="OperationCanceledException">The connection closed meanwhile.</exception>
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

    /// <summary>Takes a handled batch back.</summary>
    public void Return(MessageBatch batch)
    {
        batch.Clear();
        lock (_gate)
            _free.Push(batch);
        _returned.Set();
    }
}
