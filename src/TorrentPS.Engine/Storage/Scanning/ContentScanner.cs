using System.Runtime.ExceptionServices;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Scanning;

/// <summary>Receives the bytes that one scanning thread reads.</summary>
internal interface IPieceSink : IDisposable
{
    /// <summary>
    /// Handles the next bytes of a piece. The number of bytes is a multiple of 16 KiB, except in the last call for the
    /// piece.
    /// </summary>
    void Append(PieceIndex piece, ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Handles the end of a piece whose bytes have all been appended. After a failed read, pieces may be appended and
    /// completed a second time.
    /// </summary>
    void Complete(PieceIndex piece);

    /// <summary>
    /// Handles the SHA-1 of a piece. It is passed instead of the piece's bytes, and only if the scanner was created
    /// with <c>needsSha1Only</c>.
    /// </summary>
    void Complete(PieceIndex piece, ReadOnlySpan<byte> sha1);

    /// <summary>Drops the bytes appended since the last completed piece. They may be appended again.</summary>
    void Reset();

    void Fail(PieceIndex piece, StorageException failure);
}

/// <summary>
/// Reads the pieces of a torrent on several threads with large reads, to verify the pieces or to create a torrent.
/// </summary>
/// <param name="files">The files to read.</param>
/// <param name="threads">Number of threads; 0 means the number of cores.</param>
/// <param name="needsSha1Only">Whether the sinks need only the SHA-1 of each piece, not its bytes, so that several
/// pieces may be hashed together.</param>
internal sealed class ContentScanner(IContentFiles files, int threads, bool needsSha1Only)
{
    /// <summary>
    /// Maximum number of bytes per read. This many bytes are still in a core's cache when they are hashed, and the
    /// number of reads is low.
    /// </summary>
    private const int ReadLength = 256 * 1024;

    /// <summary>
    /// Approximate number of bytes in a batch, that is, in the consecutive pieces that a thread takes at a time. They
    /// are read in one sequence, so that a hard disk seldom has to seek.
    /// </summary>
    private const int BatchLength = 4 * 1024 * 1024;

    private readonly TorrentGeometry _geometry = files.Layout.Geometry;
    private readonly bool _hashesTogether = needsSha1Only && MultiPieceHasher.IsSupported(files.Layout.Geometry);
    private int _next;

    /// <summary>
    /// Number of threads that a scan can use: one for each batch, but at least 1 and at most one for each core.
    /// </summary>
    public static int UsefulThreads(TorrentGeometry geometry) =>
        (int)Math.Clamp(geometry.TotalLength / BatchLength, 1, Environment.ProcessorCount);

    /// <summary>Reads the pieces and passes their bytes to sinks, one sink per thread.</summary>
    /// <param name="createSink">Creates the sink of a thread.</param>
    /// <param name="isReadable">Returns whether to read a piece. Other pieces are skipped.</param>
    /// <param name="progress">Called on any thread after each batch, with the numbers of pieces and bytes in the batch;
    /// may be null.</param>
    /// <param name="cancellation">Cancels the scan before the next read.</param>
    public async Task ScanAsync(
        Func<IPieceSink> createSink,
        Func<PieceIndex, bool> isReadable,
        Action<int, long>? progress,
        CancellationToken cancellation)
    {
        int count = threads > 0 ? threads : Environment.ProcessorCount;
        int batches = Math.Max(1, _geometry.PieceCount / PiecesPerBatch);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task[] workers = [.. Enumerable.Range(0, Math.Min(count, batches)).Select(_ => Task.Factory.StartNew(
            () => Work(createSink, isReadable, progress, failed),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        try
        {
            await Task.WhenAll(workers);
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();

            // One thread failed and cancelled the others: throw its exception.
            Exception cause = workers.Select(worker => worker.Exception?.InnerException)
                .First(exception => exception is not null and not OperationCanceledException)!;
            ExceptionDispatchInfo.Throw(cause);
        }
    }

    private int PiecesPerBatch
    {
        get
        {
            int together = _hashesTogether ? MultiPieceHasher.Count : 1;
            return Math.Max(together, BatchLength / _geometry.PieceLength / together * together);
        }
    }

    private void Work(
        Func<IPieceSink> createSink,
        Func<PieceIndex, bool> isReadable,
        Action<int, long>? progress,
        CancellationTokenSource stop)
    {
        try
        {
            using IPieceSink sink = createSink();
            MultiPieceHasher? multiHasher = _hashesTogether ? new MultiPieceHasher(files) : null;
            byte[] buffer = GC.AllocateUninitializedArray<byte>(ReadLength, pinned: true);
            int step = PiecesPerBatch;
            while (true)
            {
                stop.Token.ThrowIfCancellationRequested();
                int first = Interlocked.Add(ref _next, step) - step;
                if (first < 0 || first >= _geometry.PieceCount)
                    return;
                int end = (int)Math.Min((long)first + step, _geometry.PieceCount);
                ScanBatch(first, end, isReadable, sink, multiHasher, buffer, stop.Token);
                progress?.Invoke(end - first, EndOf(end - 1) - _geometry.OffsetOf(new PieceIndex(first)));
            }
        }
        catch
        {
            stop.Cancel();
            throw;
        }
    }

    private void ScanBatch(
        int first,
        int end,
        Func<PieceIndex, bool> isReadable,
        IPieceSink sink,
        MultiPieceHasher? multiHasher,
        byte[] buffer,
        CancellationToken cancellation)
    {
        for (int at = first; at < end;)
        {
            int runEnd = at;
            while (runEnd < end && isReadable(new PieceIndex(runEnd)))
                runEnd++;
            for (; multiHasher?.CanHash(at, runEnd) == true; at += MultiPieceHasher.Count)
                ScanTogether(at, multiHasher, sink, buffer, cancellation);
            if (runEnd > at)
                ScanRun(at, runEnd, sink, buffer, cancellation);
            at = runEnd + 1;
        }
    }

    /// <summary>
    /// Hashes 16 pieces together. If one of them cannot be read, they are all read again one after another.
    /// </summary>
    private void ScanTogether(
        int first, MultiPieceHasher multiHasher, IPieceSink sink, byte[] buffer, CancellationToken cancellation)
    {
        try
        {
            multiHasher.Hash(first, sink, cancellation);
        }
        catch (StorageException)
        {
            ScanRun(first, first + MultiPieceHasher.Count, sink, buffer, cancellation);
        }
    }

    /// <summary>
    /// Reads consecutive pieces. If a read fails, reads each piece separately, so that only the unreadable pieces are
    /// reported as failed.
    /// </summary>
    private void ScanRun(int first, int end, IPieceSink sink, byte[] buffer, CancellationToken cancellation)
    {
        try
        {
            ReadRun(first, end, sink, buffer, cancellation);
        }
        catch (StorageException failure)
        {
            sink.Reset();
            if (end - first == 1)
            {
                sink.Fail(new PieceIndex(first), failure);
                return;
            }

            for (int piece = first; piece < end; piece++)
                ScanRun(piece, piece + 1, sink, buffer, cancellation);
        }
    }

    private void ReadRun(int first, int end, IPieceSink sink, byte[] buffer, CancellationToken cancellation)
    {
        long stop = EndOf(end - 1);
        int piece = first;
        for (long at = _geometry.OffsetOf(new PieceIndex(first)); at < stop;)
        {
            cancellation.ThrowIfCancellationRequested();
            int length = (int)Math.Min(buffer.Length, stop - at);
            files.ReadContent(at, buffer.AsSpan(0, length));
            piece = Deliver(piece, at, buffer.AsSpan(0, length), sink);
            at += length;
        }
    }

    /// <summary>
    /// Passes bytes to the sink, separately for each piece, and completes the pieces that end. Returns the index of the
    /// piece to which the next bytes belong.
    /// </summary>
    private int Deliver(int piece, long at, ReadOnlySpan<byte> bytes, IPieceSink sink)
    {
        long end = at + bytes.Length;
        while (true)
        {
            var index = new PieceIndex(piece);
            long from = Math.Max(_geometry.OffsetOf(index), at);
            long pieceEnd = EndOf(piece);
            long to = Math.Min(pieceEnd, end);
            if (from < to)
                sink.Append(index, bytes[(int)(from - at)..(int)(to - at)]);
            if (pieceEnd > end)
                return piece;
            sink.Complete(index);
            piece++;
            if (piece == _geometry.PieceCount || _geometry.OffsetOf(new PieceIndex(piece)) >= end)
                return piece;
        }
    }

    private long EndOf(int piece)
    {
        var index = new PieceIndex(piece);
        return _geometry.OffsetOf(index) + _geometry.LengthOf(index);
    }
}
