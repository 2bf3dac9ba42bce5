using System.Collections.Concurrent;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage;

/// <summary>Finds out what of a torrent's content is on disk and right. It never writes.</summary>
/// <remarks>Pieces of files that are missing or too short are absent without a byte being read.</remarks>
public sealed class ContentChecker
{
    private readonly IContentFiles _files;
    private readonly ContentLayout _layout;
    private readonly PieceVerifier _verifier;
    private readonly IProgress<ContentProgress>? _progress;
    private readonly long[] _lengths;
    private readonly bool[] _good;
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
        _good = new bool[_layout.Geometry.PieceCount];
    }

    /// <summary>Checks a torrent's content, on all cores.</summary>
    /// <param name="torrent">What the content should be.</param>
    /// <param name="folder">The folder that holds the torrent's top-level file or folder.</param>
    /// <param name="progress">Told now and then, from any thread; may be null.</param>
    /// <param name="threads">How many threads; the machine's cores when zero.</param>
    /// <param name="cancellation">Ends it soon.</param>
    /// <exception cref="StorageException">A path in the torrent is not safe.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task<ContentCheckResult> CheckAsync(
        TorrentMetainfo torrent,
        string folder,
        IProgress<ContentProgress>? progress = null,
        int threads = 0,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(torrent);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        using var files = new ContentFiles(ContentLayout.Of(torrent), folder);
        using PieceVerifier verifier = PieceVerifier.Of(torrent);
        return await CheckAsync(files, verifier, progress, threads, cancellation);
    }

    /// <summary>Checks everything, on all cores.</summary>
    /// <param name="files">The files; the caller's to dispose.</param>
    /// <param name="verifier">What the pieces must hash to; the caller's to dispose.</param>
    /// <param name="progress">Told now and then, from any thread; may be null.</param>
    /// <param name="threads">How many threads; the machine's cores when zero.</param>
    /// <param name="cancellation">Ends it soon.</param>
    /// <exception cref="StorageException">A path in the torrent is not safe.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal static async Task<ContentCheckResult> CheckAsync(
        IContentFiles files,
        PieceVerifier verifier,
        IProgress<ContentProgress>? progress = null,
        int threads = 0,
        CancellationToken cancellation = default)
    {
        var checker = new ContentChecker(files, verifier, progress);
        checker.Measure();
        await new ContentScanner(files, threads, hashesSuffice: verifier is Sha1PieceVerifier).ScanAsync(
            () => new Sink(checker), checker.MayBeThere, progress is null ? null : checker.Passed, cancellation);
        return checker.Result();
    }

    /// <summary>Looks how long each file is; -1 when there is none.</summary>
    private void Measure()
    {
        for (int i = 0; i < _lengths.Length; i++)
        {
            if (_layout.Files[i].IsOnDisk)
                _lengths[i] = _files.LengthOf(i);
        }
    }

    private bool MayBeThere(PieceIndex piece)
    {
        foreach (ContentSection section in _layout.Sections(piece))
        {
            if (section.IsPadding || _lengths[section.File] >= section.FileOffset + section.Length)
                continue;
            if (!_files.HoldsApart(section.File, section.FileOffset, section.Length))
                return false;
        }

        return true;
    }

    private void Passed(int pieces, long bytes)
    {
        TorrentGeometry geometry = _layout.Geometry;
        _progress!.Report(new ContentProgress(
            Interlocked.Add(ref _piecesDone, pieces), geometry.PieceCount, Interlocked.Add(ref _bytesDone, bytes), geometry.TotalLength));
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
        var verified = new Bitfield(_good.Length);
        for (int i = 0; i < _good.Length; i++)
        {
            if (_good[i])
                verified.Add(new PieceIndex(i));
        }

        return new ContentCheckResult(
            verified, [.. Enumerable.Range(0, _lengths.Length).Where(i => _layout.Files[i].IsOnDisk).Select(FileResult)]);
    }

    private FileCheckResult FileResult(int index)
    {
        ContentFile file = _layout.Files[index];
        int pieces = 0;
        int good = 0;
        if (file.Length > 0)
        {
            int first = (int)(file.Offset / _layout.Geometry.PieceLength);
            int last = (int)((file.Offset + file.Length - 1) / _layout.Geometry.PieceLength);
            pieces = last - first + 1;
            good = _good.AsSpan(first, pieces).Count(true);
        }

        return new FileCheckResult(
            index,
            _files.PathOf(index),
            _lengths[index] >= 0,
            file.Length,
            Math.Max(0, _lengths[index]),
            pieces,
            good,
            _faults.GetValueOrDefault(index));
    }

    private sealed class Sink(ContentChecker checker) : IPieceSink
    {
        private readonly PieceHash _hash = checker._verifier.Rent();

        public void Append(PieceIndex piece, ReadOnlySpan<byte> bytes) => _hash.Append(bytes);

        public void End(PieceIndex piece) => checker._good[piece.Value] = _hash.Matches(piece);

        public void End(PieceIndex piece, ReadOnlySpan<byte> sha1) =>
            checker._good[piece.Value] = ((Sha1PieceVerifier)checker._verifier).Matches(piece, sha1);

        public void Reset() => _hash.Reset();

        public void Fail(PieceIndex piece, StorageException failure) => checker.Fail(piece, failure.Fault);

        public void Dispose()
        {
            _hash.Reset();
            checker._verifier.Return(_hash);
        }
    }
}
