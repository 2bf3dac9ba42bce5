using System.Collections.Concurrent;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Engine.Storage.Pieces;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Storage;

/// <summary>Runs queued work when told to, on the caller's thread.</summary>
internal sealed class ManualExecutor : IStorageExecutor
{
    private readonly ConcurrentQueue<Action> _work = new();

    public void Queue(Action work) => _work.Enqueue(work);

    public void RunAll()
    {
        while (_work.TryDequeue(out Action? work))
            work();
    }
}

/// <summary>Runs work where it is queued.</summary>
internal sealed class InlineExecutor : IStorageExecutor
{
    public void Queue(Action work) => work();
}

/// <summary>Files whose disk can be told to refuse.</summary>
internal sealed class FailingFiles(IContentFiles inner) : IContentFiles
{
    public StorageFault? Refusal { get; set; }

    public int Writes { get; private set; }

    public ContentLayout Layout => inner.Layout;

    public string PathOf(int file) => inner.PathOf(file);

    public long LengthOf(int file) => inner.LengthOf(file);

    public void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        Writes++;
        if (Refusal is not null)
            throw new StorageException(Refusal);
        inner.Write(file, offset, buffers);
    }

    public long Read(int file, long offset, IReadOnlyList<Memory<byte>> buffers) => inner.Read(file, offset, buffers);

    public int Read(int file, long offset, Span<byte> buffer) => inner.Read(file, offset, buffer);

    public void Dispose() => inner.Dispose();
}

/// <summary>A store on a real folder, and what it told.</summary>
internal sealed class TestStore : IStorageEvents, IAsyncDisposable
{
    private readonly TestContent _content;
    private readonly SemaphoreSlim _told = new(0);
    private readonly bool _ownsPool;

    public TestStore(
        TestContent content,
        TempFolder folder,
        IStorageExecutor executor,
        int poolBlocks = 4096,
        Func<IContentFiles, IContentFiles>? disk = null,
        AllocationMode allocation = AllocationMode.Sparse,
        PieceVerifier? verifier = null,
        Bitfield? have = null,
        string destination = "destination",
        BlockPool? pool = null)
    {
        _content = content;
        _ownsPool = pool is null;
        Destination = folder[destination];
        SpillPath = folder[$"state/{destination}.spill"];
        Pool = pool ?? new BlockPool(poolBlocks * (long)TorrentGeometry.BlockLength);
        RealFiles = new DestinationFiles(content.Layout, Destination, allocation, openFiles: 4);
        Store = new PieceStore(disk?.Invoke(RealFiles) ?? RealFiles, verifier ?? content.Verifier(), Pool, executor, this, SpillPath, have);
    }

    public string Destination { get; }

    public string SpillPath { get; }

    public BlockPool Pool { get; }

    public DestinationFiles RealFiles { get; }

    public PieceStore Store { get; }

    public ConcurrentQueue<(int Piece, ulong[]? Digests)> Verified { get; } = new();

    public ConcurrentQueue<(int Piece, ulong[] Digests)> Rejected { get; } = new();

    public ConcurrentQueue<StorageFault> Faults { get; } = new();

    /// <summary>Submits the true bytes of a block, or others.</summary>
    public async Task SubmitAsync(BlockAddress address, byte[]? bytes = null)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        Fill(address, await Pool.RentAsync(timeout.Token), bytes);
    }

    public void Submit(BlockAddress address, byte[]? bytes = null) =>
        Fill(address, Pool.TryRent() ?? throw new InvalidOperationException("The pool is empty."), bytes);

    /// <summary>What to do about a fault.</summary>
    public Action? OnFault { get; set; }

    public bool HasVerified(PieceIndex piece) => Verified.Any(verified => verified.Piece == piece.Value);

    /// <summary>Waits until the store tells something that no one waited for yet.</summary>
    public async Task NextEventAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _told.WaitAsync(timeout.Token);
    }

    /// <summary>Waits until so many pieces are verified.</summary>
    public Task VerifiedAsync(int count) => ToldAsync(() => Verified.Count >= count);

    /// <summary>Waits until a fault is told.</summary>
    public Task FaultedAsync() => ToldAsync(() => !Faults.IsEmpty);

    void IStorageEvents.PieceVerified(PieceIndex piece, ulong[]? digests)
    {
        Verified.Enqueue((piece.Value, digests));
        _told.Release();
    }

    void IStorageEvents.PieceRejected(PieceIndex piece, ulong[] digests)
    {
        Rejected.Enqueue((piece.Value, digests));
        _told.Release();
    }

    void IStorageEvents.Faulted(StorageFault fault)
    {
        Faults.Enqueue(fault);
        _told.Release();
        OnFault?.Invoke();
    }

    /// <summary>Ends the store and checks that it keeps nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        if (_ownsPool)
            Assert.Equal(0, Pool.Outstanding);
        Assert.Equal(0, RealFiles.OpenFiles);
        Assert.False(File.Exists(SpillPath));
        _told.Dispose();
    }

    private async Task ToldAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
            await _told.WaitAsync(timeout.Token);
    }

    private void Fill(BlockAddress address, Block block, byte[]? bytes)
    {
        (bytes ?? _content.Block(address)).CopyTo(block.Span);
        Store.Submit(address, block);
    }
}
