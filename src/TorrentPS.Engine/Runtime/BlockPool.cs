using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Runtime;

/// <summary>
/// All the memory in which received blocks wait for their piece to be whole. Its size is the engine's bound on unverified data;
/// an empty pool is the back-pressure: a receive pump waits here and the socket's window closes behind it.
/// </summary>
/// <remarks>Thread-safe. Memory is taken slab by slab as it is first needed and kept until the pool goes.</remarks>
internal sealed class BlockPool
{
    private const int BlocksPerSlab = 64;

    private readonly Lock _gate = new();
    private readonly int _capacity;
    private readonly Stack<Block> _free = new();
    private readonly Queue<TaskCompletionSource<Block>> _waiting = new();
    private readonly byte[]? _shared;
    private int _created;

    /// <param name="capacityBytes">The most memory the pool may hold, in bytes; at least one slab is allowed.</param>
    public BlockPool(long capacityBytes) =>
        _capacity = (int)Math.Clamp(capacityBytes / TorrentGeometry.BlockLength, BlocksPerSlab, int.MaxValue);

    private BlockPool(byte[] shared)
    {
        _shared = shared;
        _capacity = int.MaxValue;
    }

    /// <summary>How many blocks the pool may hold in all.</summary>
    public int Capacity => _capacity;

    /// <summary>How many blocks are out: zero when every journey has ended.</summary>
    public int Outstanding
    {
        get
        {
            lock (_gate)
                return _created - _free.Count;
        }
    }

    /// <summary>How many more blocks can be rented before the pool is empty.</summary>
    public int Available => _capacity - Outstanding;

    /// <summary>
    /// A pool without end whose blocks all lie over the same 16 KiB, so that what they hold means nothing: for simulations of more peers
    /// than there is memory for, in which nothing is hashed.
    /// </summary>
    public static BlockPool WithoutPayload() => new(GC.AllocateArray<byte>(TorrentGeometry.BlockLength, pinned: true));

    /// <summary>Rents a block at once, or returns null when the pool is empty.</summary>
    public Block? TryRent()
    {
        lock (_gate)
            return Take();
    }

    /// <summary>Rents a block, waiting in arrival order while the pool is empty.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled; no block is lost.</exception>
    public ValueTask<Block> RentAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_waiting.Count == 0 && Take() is { } block)
                return ValueTask.FromResult(block);
            var waiter = new TaskCompletionSource<Block>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(waiter);
            return WaitAsync(waiter, cancellation);
        }
    }

    /// <summary>Gives a block back, or straight to who has waited longest.</summary>
    /// <exception cref="InvalidOperationException">The block is not out: it was returned twice.</exception>
    public void Return(Block block)
    {
        lock (_gate)
        {
            if (!block.IsRented)
                throw new InvalidOperationException("A block was returned to the pool twice.");
            while (_waiting.TryDequeue(out TaskCompletionSource<Block>? waiter))
            {
                if (waiter.TrySetResult(block))
                    return;
            }

            block.IsRented = false;
            _free.Push(block);
        }
    }

    private static async ValueTask<Block> WaitAsync(TaskCompletionSource<Block> waiter, CancellationToken cancellation)
    {
        await using CancellationTokenRegistration registration = cancellation.Register(
            static (state, token) => ((TaskCompletionSource<Block>)state!).TrySetCanceled(token), waiter);
        return await waiter.Task;
    }

    private Block? Take()
    {
        if (_free.Count == 0)
            Grow();
        if (!_free.TryPop(out Block? block))
            return null;
        block.IsRented = true;
        return block;
    }

    private void Grow()
    {
        int count = Math.Min(BlocksPerSlab, _capacity - _created);
        if (count <= 0)
            return;
        byte[] slab = _shared ?? GC.AllocateUninitializedArray<byte>(count * TorrentGeometry.BlockLength, pinned: true);
        for (int i = 0; i < count; i++)
            _free.Push(new Block(slab, _shared is null ? i * TorrentGeometry.BlockLength : 0));
        _created += count;
    }
}
