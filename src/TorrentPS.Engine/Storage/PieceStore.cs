using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>
/// Blocks in, verified pieces on disk. A piece gathers its blocks in memory (<see cref="PieceTable"/>); a worker hashes its contiguous
/// prefix as it grows, compares when it is whole, and writes it once (<see cref="PiecePipeline"/>). See <see cref="PieceSpiller"/> for
/// what happens when memory runs short, and <see cref="FaultQueue"/> for when the disk refuses.
/// </summary>
/// <remarks>
/// Thread-safe. One lock guards the bookkeeping of all these and is never held while hashing, writing or calling out. A piece is
/// worked on by one worker at a time. The store owns its files and its verifier and disposes them.
/// </remarks>
internal sealed class PieceStore : IPieceStore
{
    private readonly Lock _gate = new();
    private readonly IContentFiles _files;
    private readonly PieceVerifier _verifier;
    private readonly PieceHasher _hasher;
    private readonly BlockPool _pool;
    private readonly IStorageExecutor _executor;
    private readonly IStorageEvents _events;
    private readonly SpillFile _spill;
    private readonly PieceSpiller _spiller;
    private readonly TorrentGeometry _geometry;
    private readonly PieceTable _pieces;
    private readonly FaultQueue _faults = new();
    private readonly PiecePipeline _pipeline;

    /// <summary>What is queued or under way. It counts under a lock of its own, inside which nothing else is taken.</summary>
    private readonly WaitGroup _work = new();
    private readonly Lazy<Task> _closed;
    private bool _closing;

    /// <param name="files">Where verified pieces go; disposed with the store.</param>
    /// <param name="verifier">What the pieces must hash to; disposed with the store.</param>
    /// <param name="pool">Where blocks come from and return to; may be shared with other stores.</param>
    /// <param name="executor">Where the work runs; it must outlive the store.</param>
    /// <param name="events">Who is told.</param>
    /// <param name="spillPath">The side file for unverified blocks, in the state folder: never in the destination.</param>
    /// <param name="have">The pieces already on disk, if any: blocks of these are not taken.</param>
    public PieceStore(
        IContentFiles files,
        PieceVerifier verifier,
        BlockPool pool,
        IStorageExecutor executor,
        IStorageEvents events,
        string spillPath,
        Bitfield? have = null)
    {
        _files = files;
        _verifier = verifier;
        _pool = pool;
        _executor = executor;
        _events = events;
        _geometry = files.Layout.Geometry;
        _spill = new SpillFile(spillPath, _geometry.PieceLength);
        _hasher = new PieceHasher(verifier, _spill);
        _spiller = new PieceSpiller(this, _hasher, _gate, _pool, _spill);
        _pieces = new PieceTable(this, _geometry, have);
        _pipeline = new PiecePipeline(_gate, _pieces, _faults, _hasher, files, _spill);
        _closed = new Lazy<Task>(CloseAsync);
    }

    /// <inheritdoc/>
    public void Submit(BlockAddress address, Block block)
    {
        if (!_geometry.IsBlock(address))
            throw new ArgumentException($"{address} is not a block of this torrent.", nameof(address));

        bool taken = false;
        bool process = false;
        bool spill = false;
        PieceAssembly? piece = null;
        lock (_gate)
        {
            if (!_closing && !_pieces.IsWritten(address.Piece))
            {
                piece = _pieces.FindOrBegin(address.Piece);
                taken = piece.TryAdd(address.BlockIndex, block);
                if (taken)
                {
                    _spiller.Added(piece);
                    process = TryClaim(piece);
                    spill = TryStartSpill();
                }
            }
        }

        if (!taken)
            _pool.Return(block);
        if (process)
            _executor.Queue(piece!);
        if (spill)
            _executor.Queue(_spiller);
    }

    /// <inheritdoc/>
    public void Discard(PieceIndex piece)
    {
        PieceAssembly? assembly;
        lock (_gate)
        {
            assembly = _pieces.Find(piece);
            if (assembly is null || assembly.IsVerified)
                return;
            _pieces.Remove(assembly);
            if (assembly.IsBusy && !_faults.Remove(assembly))
            {
                assembly.IsDiscarded = true;
                return;
            }

            assembly.IsBusy = true;
        }

        Release(assembly);
    }

    /// <inheritdoc/>
    public void Resume()
    {
        lock (_gate)
        {
            if (_closing)
                return;
        }

        RetryWaiting();
        SpillIfShort();
    }

    /// <summary>
    /// Finishes queued work, tries once more to write what is verified, drops the rest, returns every block and closes the files.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
            _closing = true;
        return new ValueTask(_closed.Value);
    }

    /// <summary>Called by a storage thread with a piece it owns: hashes, and when whole compares and writes.</summary>
    internal void Process(PieceAssembly piece)
    {
        switch (Advance(piece))
        {
            case PieceOutcome.Discarded:
                Release(piece);
                break;
            case PieceOutcome.Rejected:
                (PieceIndex wrong, ulong[] wrongDigests) = (piece.Piece, piece.Digests!);
                Release(piece);
                _events.PieceRejected(wrong, wrongDigests);
                break;
            case PieceOutcome.Written:
                (PieceIndex right, ulong[]? rightDigests) = (piece.Piece, piece.Digests);
                Release(piece);
                _events.PieceVerified(right, rightDigests);
                break;
        }

        SpillIfShort();
        Finish();
    }

    /// <summary>Lets go of a piece after other work on it; queues it when it has become ready meanwhile.</summary>
    internal void Unclaim(PieceAssembly piece)
    {
        bool process;
        bool discarded;
        lock (_gate)
        {
            discarded = piece.IsDiscarded;
            piece.IsBusy = false;
            process = !discarded && TryClaim(piece);
        }

        if (discarded)
            Release(piece);
        if (process)
            _executor.Queue(piece);
    }

    /// <summary>Tells a fault once; the piece, if any, waits for <see cref="Resume"/>.</summary>
    internal void Fault(PieceAssembly? piece, StorageFault fault)
    {
        bool first;
        bool discarded = false;
        lock (_gate)
        {
            first = _faults.Raise();
            if (piece is not null)
            {
                discarded = piece.IsDiscarded;
                if (!discarded)
                    _faults.Hold(piece);
            }
        }

        if (discarded)
            Release(piece!);
        if (first)
            _events.Faulted(fault);
    }

    /// <summary>One queued work item has ended.</summary>
    internal void Finish() => _work.Leave();

    /// <summary>Under the lock: takes a piece for a worker when there is enough to hash.</summary>
    private bool TryClaim(PieceAssembly piece)
    {
        if (piece.IsBusy || !piece.IsReady)
            return false;
        piece.IsBusy = true;
        _work.Enter();
        return true;
    }

    private void SpillIfShort()
    {
        bool spill;
        lock (_gate)
            spill = TryStartSpill();
        if (spill)
            _executor.Queue(_spiller);
    }

    /// <summary>Under the lock: whether the spiller is to be queued.</summary>
    private bool TryStartSpill()
    {
        if (_faults.IsFaulted || _closing || !_spiller.TryStart())
            return false;
        _work.Enter();
        return true;
    }

    /// <summary>Takes a piece as far as it goes. Unless the outcome says so, it is another worker's when this returns.</summary>
    private PieceOutcome Advance(PieceAssembly piece)
    {
        try
        {
            return _pipeline.Advance(piece);
        }
        catch (Exception exception)
        {
            // Whatever it was, the piece is kept and the fault is told: nothing is lost and nothing ends the process.
            if (!piece.IsVerified)
                _hasher.Forget(piece);
            Fault(piece, StorageFaults.Wrap(exception, _spill.FilePath).Fault);
            return PieceOutcome.LetGo;
        }
    }

    private void RetryWaiting()
    {
        PieceAssembly[] waiting;
        lock (_gate)
        {
            waiting = _faults.Resolve();
            foreach (PieceAssembly _ in waiting)
                _work.Enter();
        }

        foreach (PieceAssembly piece in waiting)
            _executor.Queue(piece);
    }

    /// <summary>Gives back everything a piece holds; it is in no collection but the spiller's any more.</summary>
    private void Release(PieceAssembly piece)
    {
        lock (_gate)
            _spiller.Removed(piece);
        piece.ReturnBlocks(_pool);
        if (piece.Slot >= 0)
            _spill.FreeSlot(piece.Slot);
        _hasher.Forget(piece);
        lock (_gate)
            _pieces.Reuse(piece);
    }

    private async Task CloseAsync()
    {
        await _work.WhenIdleAsync();
        RetryWaiting();
        await _work.WhenIdleAsync();
        PieceAssembly[] rest;
        lock (_gate)
        {
            rest = _pieces.TakeAll();
            _faults.Clear();
        }

        foreach (PieceAssembly piece in rest)
            Release(piece);
        _spill.Dispose();
        _files.Dispose();
        _verifier.Dispose();
    }
}
