using System.Runtime.ExceptionServices;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>What one scanning thread does with the bytes it reads.</summary>
internal interface IPieceSink : IDisposable
{
    /// <summary>More bytes of the piece under way; every call but a piece's last brings a whole number of blocks.</summary>
    void Append(PieceIndex piece, ReadOnlySpan<byte> bytes);

    /// <summary>All bytes of a piece have come. May come twice for a piece, with the same bytes.</summary>
    void End(PieceIndex piece);

    /// <summary>A piece none of whose bytes were appended has been read, and this is its SHA-1. Only where hashes are all that is wanted.</summary>
    void End(PieceIndex piece, ReadOnlySpan<byte> sha1);

    /// <summary>Forget what was appended since the last <see cref="End(PieceIndex)"/>; the bytes come again.</summary>
    void Reset();

    /// <summary>A piece can't be read.</summary>
    void Fail(PieceIndex piece, StorageException failure);
}

/// <summary>Reads content on all cores, in big reads, each byte once: what checking and creating torrents share.</summary>
/// <param name="files">What to read.</param>
/// <param name="threads">How many threads; the machine's cores when zero.</param>
/// <param name="hashesSuffice">Whether the sinks want nothing but the SHA-1 of a whole piece, so that many can be hashed together.</param>
internal sealed class ContentScanner(IContentFiles files, int threads, bool hashesSuffice)
{
    /// <summary>How much is read at once, in bytes: few calls, and still in a core's cache when it is hashed.</summary>
    private const int ReadLength = 256 * 1024;

    /// <summary>How much a thread takes on at once, in bytes: neighbouring pieces are read together, and a disk sees nearly one run.</summary>
    private const int TurnLength = 4 * 1024 * 1024;

    private readonly TorrentGeometry _geometry = files.Layout.Geometry;
    private readonly bool _usesLanes = hashesSuffice && PieceLanes.Suit(files.Layout.Geometry);
    private int _next;

    /// <summary>Reads pieces and hands them to the sinks, one per thread.</summary>
    /// <param name="createSink">Makes a thread's sink.</param>
    /// <param name="isReadable">Which pieces to read; the others are passed over.</param>
    /// <param name="passed">Told after each turn, from any thread, how many pieces and bytes it took; may be null.</param>
    /// <param name="cancellation">Ends it soon.</param>
    public async Task ScanAsync(
        Func<IPieceSink> createSink,
        Func<PieceIndex, bool> isReadable,
        Action<int, long>? passed,
        CancellationToken cancellation)
    {
        int count = threads > 0 ? threads : Environment.ProcessorCount;
        int turns = Math.Max(1, _geometry.PieceCount / PiecesPerTurn);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task[] workers = [.. Enumerable.Range(0, Math.Min(count, turns)).Select(_ => Task.Factory.StartNew(
            () => Work(createSink, isReadable, passed, failed),
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

            // One worker failed and stopped the others: its exception is the one that tells.
            Exception cause = workers.Select(worker => worker.Exception?.InnerException)
                .First(exception => exception is not null and not OperationCanceledException)!;
            ExceptionDispatchInfo.Throw(cause);
        }
    }

    /// <summary>How many pieces a thread takes on at once: a multiple of those that are hashed together.</summary>
    private int PiecesPerTurn
    {
        get
        {
            int together = _usesLanes ? PieceLanes.Count : 1;
            return Math.Max(together, TurnLength / _geometry.PieceLength / together * together);
        }
    }

    private void Work(
        Func<IPieceSink> createSink, Func<PieceIndex, bool> isReadable, Action<int, long>? passed, CancellationTokenSource stop)
    {
        try
        {
            using IPieceSink sink = createSink();
            PieceLanes? lanes = _usesLanes ? new PieceLanes(files) : null;
            byte[] buffer = GC.AllocateUninitializedArray<byte>(ReadLength, pinned: true);
            int step = PiecesPerTurn;
            while (true)
            {
                stop.Token.ThrowIfCancellationRequested();
                int first = Interlocked.Add(ref _next, step) - step;
                if (first < 0 || first >= _geometry.PieceCount)
                    return;
                int end = (int)Math.Min((long)first + step, _geometry.PieceCount);
                ScanTurn(first, end, isReadable, sink, lanes, buffer, stop.Token);
                passed?.Invoke(end - first, EndOf(end - 1) - _geometry.OffsetOf(new PieceIndex(first)));
            }
        }
        catch
        {
            stop.Cancel();
            throw;
        }
    }

    private void ScanTurn(
        int first,
        int end,
        Func<PieceIndex, bool> isReadable,
        IPieceSink sink,
        PieceLanes? lanes,
        byte[] buffer,
        CancellationToken cancellation)
    {
        for (int at = first; at < end;)
        {
            int runEnd = at;
            while (runEnd < end && isReadable(new PieceIndex(runEnd)))
                runEnd++;
            for (; lanes?.CanHash(at, runEnd) == true; at += PieceLanes.Count)
                ScanTogether(at, lanes, sink, buffer, cancellation);
            if (runEnd > at)
                ScanRun(at, runEnd, sink, buffer, cancellation);
            at = runEnd + 1;
        }
    }

    /// <summary>Hashes pieces together; when one of them can't be read, they are scanned as any others.</summary>
    private void ScanTogether(int first, PieceLanes lanes, IPieceSink sink, byte[] buffer, CancellationToken cancellation)
    {
        try
        {
            lanes.Hash(first, sink, cancellation);
        }
        catch (StorageException)
        {
            ScanRun(first, first + PieceLanes.Count, sink, buffer, cancellation);
        }
    }

    /// <summary>Reads neighbouring pieces; when that fails, each by itself, so that only the piece that can't be read fails.</summary>
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

    /// <summary>Hands bytes to the pieces they belong to; returns the piece that goes on after them.</summary>
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
            sink.End(index);
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
