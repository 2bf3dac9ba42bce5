using System.Collections.Concurrent;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Scanning;

/// <summary>Finds which pieces of a torrent are on disk and match their hashes. Writes nothing.</summary>
/// <remarks>
/// A piece is not read if one of its files is missing or too short and the part file does not have the bytes either.
/// Such a piece counts as missing.
/// </remarks>
internal sealed class ContentChecker
{
    private readonly IContentFiles _files;
    private readonly ContentLayout _layout;
    private readonly PieceVerifier _verifier;
    private readonly IProgress<ContentProgress>? _progress;
    private readonly long[] _lengths;
    private readonly bool[] _verified;
    private readonly ConcurrentDictionary<int, StorageFault> _faults = new();
    private int _piecesDone;
    private long _bytesDone;

    private ContentChecker(IContentFiles files, PieceVerifier verifier, IProgress<ContentProgress>? progress)
    {
        _files = files;
        _layout = files.Layout;
        _verifier = verifier;
        _progress = progress;
        _lengths = new long[_layout.Files.Length];
        _verified = new bool[_layout.Geometry.PieceCount];
    }

    /// <summary>Checks all pieces.</summary>
    /// <param name="files">The files to read. The caller disposes them.</param>
    /// <param name="verifier">Verifies the pieces. The caller disposes it.</param>
    /// <param name="progress">Receives a report after each batch of pieces, on any thread; may be null.</param>
    /// <param name="threads">Number of threads; 0 means the number of cores.</param>
    /// <param name="cancellation">Cancels the check before the next read.</param>
    /// <exception cref="StorageException">A path in the torrent is unsafe, or the length of a file cannot be
    /// read.</exception>
    public static async Task<ContentCheckResult> CheckAsync(
        IContentFiles files,
        PieceVerifier verifier,
        IProgress<ContentProgress>? progress = null,
        int threads = 0,
        CancellationToken cancellation = default)
    {
        var checker = new ContentChecker(files, verifier, progress);
        checker.ReadLengths();
        return await checker.ScanAsync(threads, cancellation);
    }

    /// <summary>
    /// Checks all pieces within a budget. Waits until the budget admits the check, unless no piece has to be read.
    /// </summary>
    /// <inheritdoc cref="CheckAsync(IContentFiles, PieceVerifier, IProgress{ContentProgress}, int, CancellationToken)"/>
    public static async Task<ContentCheckResult> CheckAsync(
        IContentFiles files,
        PieceVerifier verifier,
        IProgress<ContentProgress> progress,
        CheckBudget budget,
        CancellationToken cancellation)
    {
        var checker = new ContentChecker(files, verifier, progress);
        checker.ReadLengths();
        if (!checker.ReadsAnyPiece())
            return await checker.ScanAsync(threads: 1, cancellation);
        int threads = await budget.EnterAsync(ContentScanner.UsefulThreads(files.Layout.Geometry), cancellation);
        try
        {
            return await checker.ScanAsync(threads, cancellation);
        }
        finally
        {
            budget.Release(threads);
        }
    }

    private async Task<ContentCheckResult> ScanAsync(int threads, CancellationToken cancellation)
    {
        await new ContentScanner(_files, threads, needsSha1Only: _verifier is Sha1PieceVerifier).ScanAsync(
            () => new Sink(this), MayBeComplete, _progress is null ? null : ReportProgress, cancellation);
        return Result();
    }

    private void ReadLengths()
    {
        for (int i = 0; i < _lengths.Length; i++)
        {
            if (_layout.Files[i].IsOnDisk)
                _lengths[i] = _files.LengthOf(i);
        }
    }

    private bool ReadsAnyPiece()
    {
        for (int i = 0; i < _verified.Length; i++)
        {
            if (MayBeComplete(new PieceIndex(i)))
                return true;
        }

        return false;
    }

    private bool MayBeComplete(PieceIndex piece)
    {
        foreach (ContentSection section in _layout.Sections(piece))
        {
            if (section.IsPadding || _lengths[section.File] >= section.FileOffset + section.Length)
                continue;
            if (!_files.IsInPartFile(section.File, section.FileOffset, section.Length))
                return false;
        }

        return true;
    }

    private void ReportProgress(int pieces, long bytes)
    {
        TorrentGeometry geometry = _layout.Geometry;
        _progress!.Report(new ContentProgress(
            Interlocked.Add(ref _piecesDone, pieces),
            geometry.PieceCount,
            Interlocked.Add(ref _bytesDone, bytes),
            geometry.TotalLength));
    }

    private void Fail(PieceIndex piece, StorageFault fault)
    {
        foreach (ContentSection section in _layout.Sections(piece))
        {
            if (!section.IsPadding && _files.PathOf(section.File) == fault.Path)
                _faults.TryAdd(section.File, fault);
        }
    }

    private ContentCheckResult Result()
    {
        var verified = new Bitfield(_verified.Length);
        for (int i = 0; i < _verified.Length; i++)
        {
            if (_verified[i])
                verified.Add(new PieceIndex(i));
        }

        IEnumerable<int> onDisk = Enumerable.Range(0, _lengths.Length).Where(i => _layout.Files[i].IsOnDisk);
        return new ContentCheckResult(verified, [.. onDisk.Select(FileResult)]);
    }

    private FileCheckResult FileResult(int index)
    {
        ContentFile file = _layout.Files[index];
        int pieces = 0;
        int verified = 0;
        if (file.Length > 0)
        {
            int first = (int)(file.Offset / _layout.Geometry.PieceLength);
            int last = (int)((file.Offset + file.Length - 1) / _layout.Geometry.PieceLength);
            pieces = last - first + 1;
            verified = _verified.AsSpan(first, pieces).Count(true);
        }

        return new FileCheckResult(
            index,
            _files.PathOf(index),
            _lengths[index] >= 0,
            file.Length,
            Math.Max(0, _lengths[index]),
            pieces,
            verified,
            _faults.GetValueOrDefault(index));
    }

    private sealed class Sink(ContentChecker checker) : IPieceSink
    {
        private readonly PieceHash _hash = checker._verifier.Rent();

        public void Append(PieceIndex piece, ReadOnlySpan<byte> bytes) => _hash.Append(bytes);

        public void Complete(PieceIndex piece) => checker._verified[piece.Value] = _hash.Matches(piece);

        public void Complete(PieceIndex piece, ReadOnlySpan<byte> sha1) =>
            checker._verified[piece.Value] = ((Sha1PieceVerifier)checker._verifier).Matches(piece, sha1);

        public void Reset() => _hash.Reset();

        public void Fail(PieceIndex piece, StorageException failure) => checker.Fail(piece, failure.Fault);

        public void Dispose()
        {
            _hash.Reset();
            checker._verifier.Return(_hash);
        }
    }
}
