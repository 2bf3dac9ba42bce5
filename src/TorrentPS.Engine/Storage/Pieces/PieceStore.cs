using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Pieces;

/// <summary>
/// Collects the received blocks of a torrent, verifies each piece and writes it to the destination files.
/// </summary>
/// <remarks>
/// <para>The life of a piece: <see cref="Submit"/> adds its blocks to a <see cref="PieceBuffer"/>. Whenever a batch of
/// contiguous blocks is ready, the piece is claimed and queued for a storage thread, which hashes the batch. With the
/// last block, the thread compares the hash. A piece that matches is written once, by <see cref="PieceWriter"/>; one
/// that does not is dropped.</para>
/// <para>When the block pool runs short, a storage thread moves blocks of incomplete pieces to the spill file. After an
/// I/O error the pieces concerned stay in memory, and no piece is written or spilled until <see cref="Resume"/>.</para>
/// <para>Thread-safe. One lock guards all state; it is not held while hashing, writing or calling out. Only one storage
/// thread at a time has a piece. The store disposes its files and its verifier.</para>
/// </remarks>
internal sealed partial class PieceStore : IPieceStore
{
    private readonly IContentFiles _files;
    private readonly PieceVerifier _verifier;
    private readonly BlockPool _pool;
    private readonly IStorageExecutor _executor;
    private readonly IStorageEvents _events;
    private readonly TorrentGeometry _geometry;
    private readonly SpillFile _spillFile;
    private readonly Action _processNext;
    private readonly Action _spill;
    private readonly SpillBatch _spillBatch = new();

    /// <summary>Counts the work that is queued or running. Its own lock is never held while another is taken.</summary>
    private readonly WaitGroup _work = new();
    private readonly Lazy<Task> _closed;

    /// <summary>Guards every field below, and the state of the piece buffers.</summary>
    private readonly Lock _lock = new();
    private readonly Bitfield _written;

    /// <summary>Pieces that failed their hash check and have not been written since.</summary>
    private readonly HashSet<PieceIndex> _failed = [];
    private readonly Dictionary<PieceIndex, PieceBuffer> _buffers = [];

    /// <summary>Buffers without a piece, kept for reuse because their arrays are large.</summary>
    private readonly Stack<PieceBuffer> _unused = new();

    /// <summary>Claimed pieces, one for each processing that is queued to the executor.</summary>
    private readonly Queue<PieceBuffer> _ready = new();

    /// <summary>Claimed pieces that wait for <see cref="Resume"/> after an I/O error.</summary>
    private readonly List<PieceBuffer> _waitingForDisk = [];
    private readonly SpillQueue _spillQueue;
    private bool _isSpilling;
    private bool _isFaulted;
    private bool _isClosing;

    /// <param name="files">Receives the verified pieces; disposed with the store.</param>
    /// <param name="verifier">Verifies the pieces; disposed with the store.</param>
    /// <param name="pool">The pool of the submitted blocks; several stores may share it.</param>
    /// <param name="executor">Runs hashing and writing; must outlive the store.</param>
    /// <param name="events">Receives the outcome for each piece.</param>
    /// <param name="spillPath">
    /// Path of the spill file, in the state folder: unverified data is never in the destination.
    /// </param>
    /// <param name="have">Pieces already on disk, whose blocks are not accepted; null if there are none.</param>
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
        _written = have?.Clone() ?? new Bitfield(_geometry.PieceCount);
        _spillFile = new SpillFile(spillPath, _geometry.PieceLength);
        _spillQueue = new SpillQueue(pool);
        _processNext = ProcessNext;
        _spill = SpillWhileShort;
        _closed = new Lazy<Task>(CloseAsync);
    }

    /// <inheritdoc/>
    public void Submit(BlockAddress address, Block block)
    {
        if (!_geometry.IsBlock(address))
            throw new ArgumentException($"{address} is not a block of this torrent.", nameof(address));

        bool added;
        bool process = false;
        bool spill = false;
        lock (_lock)
        {
            PieceBuffer? piece = _isClosing || _written.Contains(address.Piece) ? null : BufferOf(address.Piece);
            added = piece?.TryAdd(address.BlockIndex, block) == true;
            if (added)
            {
                _spillQueue.BlockAdded(piece!);
                process = TryClaimReady(piece!);
                spill = TryStartSpilling();
            }
        }

        if (!added)
            _pool.Return(block);
        if (process)
            _executor.Queue(_processNext);
        if (spill)
            _executor.Queue(_spill);
    }

    /// <inheritdoc/>
    public void Discard(PieceIndex piece)
    {
        PieceBuffer? buffer;
        lock (_lock)
        {
            buffer = _buffers.GetValueOrDefault(piece);
            if (buffer is null || buffer.IsVerified)
                return;
            _buffers.Remove(piece);
            if (buffer.IsClaimed && !_waitingForDisk.Remove(buffer))
            {
                buffer.IsDiscarded = true;
                return;
            }

            buffer.IsClaimed = true;
        }

        Release(buffer);
    }

    /// <inheritdoc/>
    public void Resume()
    {
        lock (_lock)
        {
            if (_isClosing)
                return;
        }

        RetryWaiting();
        SpillIfShort();
    }

    /// <summary>
    /// Completes the queued work, tries once more to write the verified pieces, drops all others, returns their blocks
    /// to the pool and closes the files.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
            _isClosing = true;
        return new ValueTask(_closed.Value);
    }

    /// <summary>Under the lock: returns the buffer of a piece, an empty one if no block of the piece is here.</summary>
    private PieceBuffer BufferOf(PieceIndex index)
    {
        if (_buffers.TryGetValue(index, out PieceBuffer? piece))
            return piece;
        if (!_unused.TryPop(out piece))
            piece = new PieceBuffer(_geometry, _verifier, _spillFile);
        piece.Begin(index);
        _buffers.Add(index, piece);
        return piece;
    }

    /// <summary>
    /// Under the lock: claims the piece if it is ready and unclaimed. The caller then queues
    /// <see cref="_processNext"/>.
    /// </summary>
    private bool TryClaimReady(PieceBuffer piece)
    {
        if (piece.IsClaimed || !piece.IsReady)
            return false;
        piece.IsClaimed = true;
        AddReady(piece);
        return true;
    }

    private void AddReady(PieceBuffer piece)
    {
        _ready.Enqueue(piece);
        _work.Enter();
    }

    private void ProcessNext()
    {
        PieceBuffer piece;
        lock (_lock)
            piece = _ready.Dequeue();
        Process(piece);
        SpillIfShort();
        _work.Leave();
    }

    private void Process(PieceBuffer piece)
    {
        Outcome outcome = Advance(piece);
        if (outcome == Outcome.Waiting)
            return;
        (PieceIndex index, ulong[]? digests) = (piece.Piece, piece.Digests);
        Release(piece);
        if (outcome == Outcome.Written)
            _events.PieceVerified(index, digests);
        else if (outcome == Outcome.Rejected)
            _events.PieceRejected(index, digests!);
    }

    private Outcome Advance(PieceBuffer piece)
    {
        try
        {
            return HashReceived(piece) ?? Write(piece);
        }
        catch (Exception exception)
        {
            // Whatever failed, the piece stays in memory and the fault is reported. The process must not end.
            if (!piece.IsVerified)
                piece.ResetHash();
            Fail(piece, StorageFaults.Wrap(exception, _spillFile.FilePath).Fault);
            return Outcome.Waiting;
        }
    }

    /// <summary>
    /// Hashes the contiguous blocks, including those that arrive meanwhile, and verifies the complete piece.
    /// </summary>
    /// <returns>Null if the piece is verified and has to be written.</returns>
    private Outcome? HashReceived(PieceBuffer piece)
    {
        while (!piece.IsVerified)
        {
            int count;
            lock (_lock)
            {
                if (piece.IsDiscarded)
                    return Outcome.Discarded;
                if (!piece.IsReady)
                {
                    piece.IsClaimed = false;
                    return Outcome.Waiting;
                }

                count = piece.PrefixCount;
            }

            piece.HashUpTo(count);
            if (count == piece.BlockCount && Verify(piece) is { } failure)
                return failure;
        }

        return null;
    }

    /// <summary>Compares the hash of the complete piece.</summary>
    /// <returns>Null if it matches.</returns>
    private Outcome? Verify(PieceBuffer piece)
    {
        bool failedBefore;
        lock (_lock)
            failedBefore = _failed.Contains(piece.Piece);

        bool matches = piece.MatchesHash();
        if (failedBefore || !matches)
            piece.Digests = piece.ComputeDigests();

        lock (_lock)
        {
            if (piece.IsDiscarded)
                return Outcome.Discarded;
            piece.IsVerified = matches;
            if (matches)
                return null;
            _failed.Add(piece.Piece);
            _buffers.Remove(piece.Piece);
            return Outcome.Rejected;
        }
    }

    private Outcome Write(PieceBuffer piece)
    {
        lock (_lock)
        {
            if (_isFaulted)
            {
                _waitingForDisk.Add(piece);
                return Outcome.Waiting;
            }
        }

        PieceWriter.Write(piece, _files);
        lock (_lock)
        {
            _written.Add(piece.Piece);
            _failed.Remove(piece.Piece);
            _buffers.Remove(piece.Piece);
        }

        return Outcome.Written;
    }

    /// <summary>Reports the first fault since <see cref="Resume"/>, and lets the piece, if any, wait for it.</summary>
    private void Fail(PieceBuffer? piece, StorageFault fault)
    {
        bool isFirst;
        bool isDiscarded;
        lock (_lock)
        {
            isFirst = !_isFaulted;
            _isFaulted = true;
            isDiscarded = piece?.IsDiscarded == true;
            if (piece is not null && !isDiscarded)
                _waitingForDisk.Add(piece);
        }

        if (isDiscarded)
            Release(piece!);
        if (isFirst)
            _events.Faulted(fault);
    }

    private void RetryWaiting()
    {
        int count;
        lock (_lock)
        {
            _isFaulted = false;
            count = _waitingForDisk.Count;
            foreach (PieceBuffer piece in _waitingForDisk)
                AddReady(piece);
            _waitingForDisk.Clear();
        }

        for (int i = 0; i < count; i++)
            _executor.Queue(_processNext);
    }

    /// <summary>Returns a buffer's blocks to the pool, and keeps the buffer for another piece.</summary>
    private void Release(PieceBuffer piece)
    {
        lock (_lock)
            _spillQueue.Remove(piece);
        piece.Clear(_pool);
        if (piece.SpillSlot >= 0)
            _spillFile.FreeSlot(piece.SpillSlot);
        piece.ResetHash();
        lock (_lock)
            _unused.Push(piece);
    }

    private async Task CloseAsync()
    {
        await _work.WhenIdleAsync();
        RetryWaiting();
        await _work.WhenIdleAsync();
        PieceBuffer[] rest;
        lock (_lock)
        {
            rest = [.. _buffers.Values];
            _buffers.Clear();
            _waitingForDisk.Clear();
        }

        foreach (PieceBuffer piece in rest)
            Release(piece);
        _spillFile.Dispose();
        _files.Dispose();
        _verifier.Dispose();
    }

    /// <summary>Result of a storage thread's work on a piece.</summary>
    private enum Outcome
    {
        /// <summary>The piece waits for more blocks or for the disk; another thread may have it already.</summary>
        Waiting,

        /// <summary>The swarm had discarded the piece.</summary>
        Discarded,

        /// <summary>The piece did not match its hash.</summary>
        Rejected,

        /// <summary>The piece is on disk.</summary>
        Written,
    }
}
