using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Runtime;

/// <summary>
/// The memory for received blocks of pieces that aren't verified yet. Its capacity limits the unverified data that a
/// session keeps in memory. While the pool is empty, receive loops wait for a block and stop reading, so that TCP
/// slows the peers down.
/// </summary>
/// <remarks>
/// Thread-safe. Memory is allocated in slabs of 64 blocks as needed and kept for the life of the pool.
/// </remarks>
internal sealed class BlockPool
{
    /// <summary>
    /// Number of blocks per allocation (slab). A slab is a pinned array of 1 MiB. A few large arrays fragment the heap
    /// less than many small ones.
    /// </summary>
    private const int BlocksPerSlab = 64;

    private readonly Lock _gate = new();
    private readonly int _capacity;
    private readonly Stack<Block> _free = new();
    private readonly Queue<TaskCompletionSource<Block>> _waiting = new();
    private readonly byte[]? _shared;
    private int _created;
    private long _reservedBytes;

    /// <param name="capacityBytes">
    /// The maximum memory of the pool in bytes. Values below one slab are raised to one slab (1 MiB).
    /// </param>
    public BlockPool(long capacityBytes) =>
        _capacity = (int)Math.Clamp(capacityBytes / TorrentGeometry.BlockLength, BlocksPerSlab, int.MaxValue);

    private BlockPool(byte[] shared)
    {
        _shared = shared;
        _capacity = int.MaxValue;
    }

    /// <summary>Maximum number of blocks that are rented at the same time.</summary>
    public int Capacity => _capacity;

    /// <summary>Number of rented blocks. If it isn't zero at the end of a session, a block wasn't returned.</summary>
    public int Outstanding
    {
        get
        {
            lock (_gate)
                return _created - _free.Count;
        }
    }

    public int Available => _capacity - Outstanding;

    /// <summary>
    /// Number of bytes that were reserved with <see cref="TryReserve"/> and not released yet. They count towards the
    /// capacity.
    /// </summary>
    public long ReservedBytes
    {
        get
        {
            lock (_gate)
                return _reservedBytes;
        }
    }

    /// <summary>
    /// Creates an unlimited pool in which all blocks share the same 16 KiB, so their content is meaningless. It is
    /// for simulations, which neither transfer nor hash data.
    /// </summary>
    public static BlockPool WithoutPayload() => new(GC.AllocateArray<byte>(TorrentGeometry.BlockLength, pinned: true));

    /// <summary>
    /// Counts the bytes of a received message towards the capacity, although the message is stored outside the pool.
    /// The bytes count until <see cref="Release"/> is called.
    /// </summary>
    /// <returns>
    /// False if the capacity is used up. The bytes are then not counted. True otherwise, even if the bytes exceed the
    /// rest of the capacity.
    /// </returns>
    public bool TryReserve(int bytes)
    {
        lock (_gate)
        {
            if (IsFull)
                return false;
            _reservedBytes += bytes;
            return true;
        }
    }

    /// <summary>Stops counting bytes that <see cref="TryReserve"/> counted towards the capacity.</summary>
    public void Release(long bytes)
    {
        if (bytes == 0)
            return;
        lock (_gate)
        {
            _reservedBytes -= bytes;
            while (_waiting.Count > 0 && Take() is { } block)
                PassOn(block);
        }
    }

    /// <summary>Rents a block. Returns null if the capacity is used up.</summary>
    public Block? TryRent()
    {
        lock (_gate)
            return Take();
    }

    /// <summary>Rents a block. While the capacity is used up, callers wait in the order of their calls.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled. No block was rented.</exception>
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

    /// <summary>
    /// Returns a rented block to the pool. If callers of <see cref="RentAsync"/> wait, gives the block to the one that
    /// has waited longest.
    /// </summary>
    /// <exception cref="InvalidOperationException">The block isn't rented: it was returned twice.</exception>
    public void Return(Block block)
    {
        lock (_gate)
        {
            if (!block.IsRented)
                throw new InvalidOperationException("A block was returned to the pool twice.");
            PassOn(block);
        }
    }

    private bool IsFull => _created - _free.Count + (_reservedBytes / TorrentGeometry.BlockLength) >= _capacity;

    /// <summary>
    /// Gives a rented block to the caller that has waited longest. If no caller waits, returns the block to the pool.
    /// </summary>
    private void PassOn(Block block)
    {
        while (_waiting.TryDequeue(out TaskCompletionSource<Block>? waiter))
        {
            if (waiter.TrySetResult(block))
                return;
        }

        block.IsRented = false;
        _free.Push(block);
    }

    private static async ValueTask<Block> WaitAsync(TaskCompletionSource<Block> waiter, CancellationToken cancellation)
    {
        await using CancellationTokenRegistration registration = cancellation.Register(
            static (state, token) => ((TaskCompletionSource<Block>)state!).TrySetCanceled(token), waiter);
        return await waiter.Task;
    }

    private Block? Take()
    {
        if (IsFull)
            return null;
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
