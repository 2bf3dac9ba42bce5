using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Pieces;

/// <summary>
/// Collects the received blocks of a torrent, verifies each piece and writes it to the destination files.
/// </summary>
/// <remarks>
/// <para>The life of a piece: <see cref="Submit"/> adds its blocks to a <see cref="PieceBuffer"/>. Whenever enough
/// consecutive blocks are received, the piece is claimed and queued for a storage thread, which hashes them. After the
/// last block, the thread compares the hash with the torrent's. If it matches, <see cref="PieceWriter"/> writes the
/// piece once; otherwise the piece is dropped.</para>
/// <para>When few blocks of the pool are free, a storage thread moves blocks of incomplete pieces to the spill file.
/// After an I/O error, no piece is written or spilled until <see cref="Resume"/>. The pieces concerned stay in
/// memory.</para>
/// <para>Thread-safe. One lock guards all state. It is not held during hashing, writing, or calls of
/// <see cref="IStorageEvents"/>. At most one storage thread at a time works on a piece. The store disposes its files
/// and its verifier.</para>
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

    /// <summary>Counts the queued and running work. Disposal waits until all of it has ended.</summary>
    private readonly WaitGroup _work = new();
    private readonly Lazy<Task> _closed;

    /// <summary>Guards the fields that are declared below it, and the state of the piece buffers.</summary>
    private readonly Lock _lock = new();
    private readonly Bitfield _written;

    /// <summary>Pieces that failed their hash check and have not been written since.</summary>
    private readonly HashSet<PieceIndex> _failed = [];
    private readonly Dictionary<PieceIndex, PieceBuffer> _buffers = [];

    /// <summary>Buffers that are not assigned to a piece. They are reused, because their arrays are large.</summary>
    private readonly Stack<PieceBuffer> _unused = new();

    /// <summary>
    /// Claimed pieces that wait for a storage thread. For each, one call of <see cref="ProcessNext"/> is queued to the
    /// executor.
    /// </summary>
    private readonly Queue<PieceBuffer> _ready = new();

    /// <summary>Claimed pieces that wait for <see cref="Resume"/> after an I/O error.</summary>
    private readonly List<PieceBuffer> _waitingForDisk = [];
    private readonly SpillQueue _spillQueue;
    private bool _isSpilling;
    private bool _isFaulted;
    private bool _isClosing;

    /// <param name="files">The files to which verified pieces are written; disposed with the store.</param>
    /// <param name="verifier">Verifies the pieces; disposed with the store.</param>
    /// <param name="pool">The pool to which submitted blocks are returned. Several stores may share it.</param>
    /// <param name="executor">Runs hashing, writing and spilling; must outlive the store.</param>
    /// <param name="events">Receives the result for each piece, and I/O errors.</param>
    /// <param name="spillPath">Path of the spill file. It is in the state folder, because unverified data must never be
    /// in the destination.</param>
    /// <param name="have">Pieces that are on disk already; their blocks are not accepted. Null if there are
    /// none.</param>
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
        _spill = SpillWhileNeeded;
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
        SpillIfNeeded();
    }

    /// <summary>
    /// Completes the queued work and tries once more to write the pieces that wait after an I/O error. Then drops all
    /// remaining pieces, returns their blocks to the pool and closes the files.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
            _isClosing = true;
        return new ValueTask(_closed.Value);
    }

    /// <summary>
    /// Returns the buffer of a piece. If the piece has none, assigns an empty one to it. Called under the lock.
    /// </summary>
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
    /// Claims the piece if it is ready and not claimed, and returns whether it did so. If true, the caller queues
    /// <see cref="_processNext"/>. Called under the lock.
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
        SpillIfNeeded();
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
            // After any error, the piece stays in memory and the fault is reported. An exception would end the process.
            if (!piece.IsVerified)
                piece.ResetHash();
            Fail(piece, StorageFaults.Wrap(exception, _spillFile.FilePath).Fault);
            return Outcome.Waiting;
        }
    }

    /// <summary>
    /// Hashes the received blocks of a piece up to the first block that is not received. Blocks that are received
    /// during the hashing are hashed too. Verifies the piece if it is complete.
    /// </summary>
    /// <returns>Null if the piece is verified and must now be written; otherwise the result.</returns>
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

    /// <summary>
    /// Compares the hash of a complete piece with the torrent's hash of the piece. Computes digests of the piece's
    /// blocks if the hash does not match, or if the piece failed an earlier check and has not been written since.
    /// </summary>
    /// <returns>Null if the hash matches; otherwise the result.</returns>
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

    /// <summary>
    /// Handles an I/O error: stops writing and spilling until <see cref="Resume"/>. Reports the error if none was
    /// reported since the last <see cref="Resume"/>. The given piece, if any, is hashed or written again after
    /// <see cref="Resume"/>, unless it was discarded.
    /// </summary>
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
        /// <summary>
        /// The storage thread has ended its work, because the piece needs further blocks, or <see cref="Resume"/> after
        /// an I/O error. Another storage thread may continue the work at any time.
        /// </summary>
        Waiting,

        Discarded,

        Rejected,

        Written,
    }
}
