using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>
/// Blocks in, verified pieces on disk. A piece gathers its blocks in memory; a worker hashes its contiguous prefix as it grows,
/// compares when it is whole, and writes it once. See <see cref="PieceSpiller"/> for what happens when memory runs short.
/// </summary>
/// <remarks>
/// Thread-safe. One lock guards the bookkeeping and is never held while hashing, writing or calling out. A piece is worked on by
/// one worker at a time. The store owns its files and its verifier and disposes them.
/// </remarks>
internal sealed class PieceStore : IPieceStore
{
    /// <summary>
    /// How many blocks a prefix grows by before a worker is woken: 128 KiB is still in a core's cache, and a wake-up costs about as
    /// much as hashing a block.
    /// </summary>
    private const int HashBatch = 8;

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
    private readonly Bitfield _written;
    private readonly HashSet<PieceIndex> _failedBefore = [];
    private readonly Dictionary<PieceIndex, PieceAssembly> _pieces = [];
    private readonly Stack<PieceAssembly> _spare = new();
    private readonly Queue<PieceAssembly> _waiting = new();
    private readonly Lazy<Task> _closed;
    private int _active;
    private bool _faulted;
    private bool _closing;
    private TaskCompletionSource? _idle;

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
        _written = have?.Clone() ?? new Bitfield(_geometry.PieceCount);
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
            if (!_closing && !_written.Contains(address.Piece))
            {
                piece = Find(address.Piece);
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
            if (!_pieces.TryGetValue(piece, out assembly) || assembly.IsVerified)
                return;
            _pieces.Remove(piece);
            if (assembly.IsBusy && !RemoveWaiting(assembly))
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
            case Outcome.Discarded:
                Release(piece);
                break;
            case Outcome.Rejected:
                (PieceIndex wrong, ulong[] wrongDigests) = (piece.Piece, piece.Digests!);
                Release(piece);
                _events.PieceRejected(wrong, wrongDigests);
                break;
            case Outcome.Written:
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
            first = !_faulted;
            _faulted = true;
            if (piece is not null)
            {
                discarded = piece.IsDiscarded;
                if (!discarded)
                    _waiting.Enqueue(piece);
            }
        }

        if (discarded)
            Release(piece!);
        if (first)
            _events.Faulted(fault);
    }

    /// <summary>One queued work item has ended.</summary>
    internal void Finish()
    {
        TaskCompletionSource? idle = null;
        lock (_gate)
        {
            if (--_active == 0)
                idle = _idle;
        }

        idle?.TrySetResult();
    }

    private PieceAssembly Find(PieceIndex index)
    {
        if (_pieces.TryGetValue(index, out PieceAssembly? piece))
            return piece;
        if (!_spare.TryPop(out piece))
            piece = new PieceAssembly(this, _geometry.BlocksPerPiece);
        piece.Begin(index, _geometry);
        _pieces.Add(index, piece);
        return piece;
    }

    /// <summary>Under the lock: takes a piece for a worker when there is enough to hash.</summary>
    private bool TryClaim(PieceAssembly piece)
    {
        if (piece.IsBusy || !IsReady(piece))
            return false;
        piece.IsBusy = true;
        _active++;
        return true;
    }

    private static bool IsReady(PieceAssembly piece) => piece.IsWhole || piece.Prefix - piece.Hashed >= HashBatch;

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
        if (_faulted || _closing || !_spiller.TryStart())
            return false;
        _active++;
        return true;
    }

    /// <summary>Takes a piece as far as it goes. Unless the outcome says so, it is another worker's when this returns.</summary>
    private Outcome Advance(PieceAssembly piece)
    {
        try
        {
            Outcome outcome = piece.IsVerified ? Outcome.Verified : HashToEnd(piece);
            return outcome == Outcome.Verified ? WriteVerified(piece) : outcome;
        }
        catch (Exception exception)
        {
            // Whatever it was, the piece is kept and the fault is told: nothing is lost and nothing ends the process.
            if (!piece.IsVerified)
                _hasher.Forget(piece);
            Fault(piece, StorageFaults.Wrap(exception, _spill.FilePath).Fault);
            return Outcome.LetGo;
        }
    }

    /// <summary>Hashes for as long as there is enough, and compares when the piece is whole.</summary>
    private Outcome HashToEnd(PieceAssembly piece)
    {
        while (true)
        {
            int prefix;
            lock (_gate)
            {
                if (piece.IsDiscarded)
                    return Outcome.Discarded;
                if (!IsReady(piece))
                {
                    piece.IsBusy = false;
                    return Outcome.LetGo;
                }

                prefix = piece.Prefix;
            }

            _hasher.HashPrefix(piece, prefix);
            if (prefix == piece.BlockCount)
                return Compare(piece);
        }
    }

    private Outcome Compare(PieceAssembly piece)
    {
        bool failedBefore;
        lock (_gate)
            failedBefore = _failedBefore.Contains(piece.Piece);

        bool right = piece.Hash!.Matches(piece.Piece);
        if (failedBefore || !right)
            piece.Digests = _hasher.Digests(piece);

        lock (_gate)
        {
            if (piece.IsDiscarded)
                return Outcome.Discarded;
            piece.IsVerified = right;
            if (right)
                return Outcome.Verified;
            _failedBefore.Add(piece.Piece);
            _pieces.Remove(piece.Piece);
            return Outcome.Rejected;
        }
    }

    private Outcome WriteVerified(PieceAssembly piece)
    {
        lock (_gate)
        {
            if (_faulted)
            {
                _waiting.Enqueue(piece);
                return Outcome.LetGo;
            }
        }

        PieceWriter.Write(piece, _files, _spill);
        lock (_gate)
        {
            _written.Add(piece.Piece);
            _failedBefore.Remove(piece.Piece);
            _pieces.Remove(piece.Piece);
        }

        return Outcome.Written;
    }

    private void RetryWaiting()
    {
        PieceAssembly[] waiting;
        lock (_gate)
        {
            _faulted = false;
            waiting = [.. _waiting];
            _waiting.Clear();
            _active += waiting.Length;
        }

        foreach (PieceAssembly piece in waiting)
            _executor.Queue(piece);
    }

    /// <summary>Gives back everything a piece holds; it is in no collection but the spiller's any more.</summary>
    private void Release(PieceAssembly piece)
    {
        lock (_gate)
            _spiller.Removed(piece);
        for (int i = 0; i < piece.BlockCount; i++)
        {
            if (piece.Blocks[i] is { } block)
                _pool.Return(block);
        }

        Array.Clear(piece.Blocks, 0, piece.BlockCount);
        Array.Clear(piece.Spilled, 0, piece.BlockCount);
        if (piece.Slot >= 0)
            _spill.FreeSlot(piece.Slot);
        _hasher.Forget(piece);
        lock (_gate)
            _spare.Push(piece);
    }

    private bool RemoveWaiting(PieceAssembly piece)
    {
        bool found = false;
        for (int i = _waiting.Count; i > 0; i--)
        {
            PieceAssembly first = _waiting.Dequeue();
            if (first == piece)
                found = true;
            else
                _waiting.Enqueue(first);
        }

        return found;
    }

    private async Task CloseAsync()
    {
        await IdleAsync();
        RetryWaiting();
        await IdleAsync();
        PieceAssembly[] rest;
        lock (_gate)
        {
            rest = [.. _pieces.Values];
            _pieces.Clear();
            _waiting.Clear();
        }

        foreach (PieceAssembly piece in rest)
            Release(piece);
        _spill.Dispose();
        _files.Dispose();
        _verifier.Dispose();
    }

    private Task IdleAsync()
    {
        lock (_gate)
        {
            if (_active == 0)
                return Task.CompletedTask;
            _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>What became of a piece in one worker's hands.</summary>
    private enum Outcome
    {
        LetGo,
        Discarded,
        Rejected,
        Verified,
        Written,
    }
}
