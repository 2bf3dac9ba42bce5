using System.Collections.Concurrent;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Engine.Storage.Pieces;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Storage;

/// <summary>Runs the queued work on the caller's thread in <see cref="RunAll"/>.</summary>
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

/// <summary>Runs work at once, on the thread that queues it.</summary>
internal sealed class InlineExecutor : IStorageExecutor
{
    public void Queue(Action work) => work();
}

/// <summary>Files whose writes fail while <see cref="Fault"/> is set.</summary>
internal sealed class FailingFiles(IContentFiles inner) : IContentFiles
{
    public StorageFault? Fault { get; set; }

    public int Writes { get; private set; }

    public ContentLayout Layout => inner.Layout;

    public string PathOf(int file) => inner.PathOf(file);

    public long LengthOf(int file) => inner.LengthOf(file);

    public void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        Writes++;
        if (Fault is not null)
            throw new StorageException(Fault);
        inner.Write(file, offset, buffers);
    }

    public long Read(int file, long offset, IReadOnlyList<Memory<byte>> buffers) => inner.Read(file, offset, buffers);

    public int Read(int file, long offset, Span<byte> buffer) => inner.Read(file, offset, buffer);

    public void Dispose() => inner.Dispose();
}

/// <summary>A store that writes to a real folder, and the events it raised.</summary>
internal sealed class TestStore : IStorageEvents, IAsyncDisposable
{
    private readonly TestContent _content;
    private readonly SemaphoreSlim _eventRaised = new(0);
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
        Known = new KnownFiles(content.Layout.Files.Length, folder[$"known/{destination}.files"]);
        RealFiles = new DestinationFiles(content.Layout, Destination, allocation, openFiles: 4, Known);
        Store = new PieceStore(
            disk?.Invoke(RealFiles) ?? RealFiles,
            verifier ?? content.Verifier(),
            Pool,
            executor,
            this,
            SpillPath,
            have);
    }

    public string Destination { get; }

    public string SpillPath { get; }

    public KnownFiles Known { get; }

    public BlockPool Pool { get; }

    public DestinationFiles RealFiles { get; }

    public PieceStore Store { get; }

    public ConcurrentQueue<(int Piece, ulong[]? Digests)> Verified { get; } = new();

    public ConcurrentQueue<(int Piece, ulong[] Digests)> Rejected { get; } = new();

    public ConcurrentQueue<StorageFault> Faults { get; } = new();

    /// <summary>Submits a block with its right bytes, or with other bytes.</summary>
    public async Task SubmitAsync(BlockAddress address, byte[]? bytes = null)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        Fill(address, await Pool.RentAsync(timeout.Token), bytes);
    }

    public void Submit(BlockAddress address, byte[]? bytes = null) =>
        Fill(address, Pool.TryRent() ?? throw new InvalidOperationException("The pool is empty."), bytes);

    /// <summary>Called after a fault was recorded.</summary>
    public Action? OnFault { get; set; }

    public bool HasVerified(PieceIndex piece) => Verified.Any(verified => verified.Piece == piece.Value);

    /// <summary>Waits for the next event, or returns at once for one not waited for yet.</summary>
    public async Task NextEventAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await _eventRaised.WaitAsync(timeout.Token);
    }

    /// <summary>Waits until this number of pieces is verified.</summary>
    public Task VerifiedAsync(int count) => WaitUntilAsync(() => Verified.Count >= count);

    /// <summary>Waits until a fault is reported.</summary>
    public Task FaultedAsync() => WaitUntilAsync(() => !Faults.IsEmpty);

    void IStorageEvents.PieceVerified(PieceIndex piece, ulong[]? digests)
    {
        Verified.Enqueue((piece.Value, digests));
        _eventRaised.Release();
    }

    void IStorageEvents.PieceRejected(PieceIndex piece, ulong[] digests)
    {
        Rejected.Enqueue((piece.Value, digests));
        _eventRaised.Release();
    }

    void IStorageEvents.Faulted(StorageFault fault)
    {
        Faults.Enqueue(fault);
        _eventRaised.Release();
        OnFault?.Invoke();
    }

    /// <summary>Closes the store, and checks that no block, open file or spill file is left.</summary>
    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        if (_ownsPool)
            Assert.Equal(0, Pool.Outstanding);
        Assert.Equal(0, RealFiles.OpenFiles);
        Assert.False(File.Exists(SpillPath));
        _eventRaised.Dispose();
    }

    private async Task WaitUntilAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
            await _eventRaised.WaitAsync(timeout.Token);
    }

    private void Fill(BlockAddress address, Block block, byte[]? bytes)
    {
        (bytes ?? _content.Block(address)).CopyTo(block.Span);
        Store.Submit(address, block);
    }
}
