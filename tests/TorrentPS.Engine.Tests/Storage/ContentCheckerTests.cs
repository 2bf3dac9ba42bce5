using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Engine.Storage.Scanning;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Storage;

public sealed class ContentCheckerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData(20_000)]
    [InlineData(256 * 1024)]
    [InlineData(1 << 20)]
    public async Task Complete_content_verifies(int pieceLength)
    {
        TestContent content = TestContent.Of(pieceLength, 700_001, 0, 3, 65_536, 2_000_000, 1);
        content.WriteTo(_folder.Path);
        ContentCheckResult result = await CheckAsync(content);
        Assert.True(result.IsComplete);
        Assert.Equal(content.Geometry.PieceCount, result.Verified.Count);
        Assert.All(
            result.Files, file => Assert.Equal((file.Length, file.Pieces), (file.LengthOnDisk, file.GoodPieces)));
    }

    [Fact]
    public async Task One_wrong_byte_fails_one_piece_and_is_attributed_to_its_file()
    {
        TestContent content = TestContent.Of(16 * 1024, 100_000, 100_000);
        content.WriteTo(_folder.Path);
        Corrupt(content, 1, 50_000);
        ContentCheckResult result = await CheckAsync(content);
        int wrong = 150_000 / (16 * 1024);
        Assert.Equal(
            [wrong],
            Enumerable.Range(0, content.Geometry.PieceCount).Where(i => !result.Verified.Contains(new PieceIndex(i))));
        Assert.True(result.Files[0].IsComplete);
        Assert.Equal((7, 6), (result.Files[1].Pieces, result.Files[1].GoodPieces));
        Assert.False(result.IsComplete);
    }

    [Fact]
    public async Task Pieces_of_missing_and_short_files_are_not_read()
    {
        TestContent content = TestContent.Of(16 * 1024, 49_152, 49_152, 49_152);
        content.WriteTo(_folder.Path);
        File.Delete(_folder[content.Layout.Files[0].Path]);
        using (FileStream file = File.OpenWrite(_folder[content.Layout.Files[1].Path]))
            file.SetLength(20_000);
        using var files = new ReadCounter(new DestinationFiles(content.Layout, _folder.Path));
        ContentCheckResult result = await ContentChecker.CheckAsync(files, content.Verifier());
        Assert.Equal([3, 6, 7, 8], Enumerable.Range(0, 9).Where(i => result.Verified.Contains(new PieceIndex(i))));
        Assert.Equal(
            [(false, 0L), (true, 20_000), (true, 49_152)],
            result.Files.Select(file => (file.Exists, file.LengthOnDisk)));
        Assert.Equal(4 * 16 * 1024, files.BytesRead);
    }

    [Fact]
    public async Task A_file_that_is_too_long_is_complete_and_reported_as_too_long()
    {
        TestContent content = TestContent.Of(16 * 1024, 100);
        content.WriteTo(_folder.Path);
        File.AppendAllText(_folder[content.Layout.Files[0].Path], "more");
        FileCheckResult file = Assert.Single((await CheckAsync(content)).Files);
        Assert.True(file.IsComplete);
        Assert.True(file.IsTooLong);
    }

    [Fact]
    public async Task Content_without_one_of_its_empty_files_is_incomplete()
    {
        TestContent content = TestContent.Of(16 * 1024, 100, 0);
        content.WriteTo(_folder.Path);
        File.Delete(_folder[content.Layout.Files[1].Path]);
        ContentCheckResult result = await CheckAsync(content);
        Assert.True(result.Verified.IsComplete);
        Assert.False(result.IsComplete);
    }

    [Fact]
    public async Task In_an_empty_folder_nothing_verifies_and_nothing_is_created()
    {
        TestContent content = TestContent.Of(16 * 1024, 100_000);
        ContentCheckResult result = await CheckAsync(content);
        Assert.Equal(0, result.Verified.Count);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Pad_files_need_not_be_on_disk()
    {
        var content = new TestContent(
            32 * 1024, new("c/a", 0, 10), new("c/.pad/1", 10, 32_758, IsPadding: true), new("c/b", 32_768, 50_000));
        content.WriteTo(_folder.Path);
        Assert.True((await CheckAsync(content)).IsComplete);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_reported_and_other_files_are_checked()
    {
        TestContent content = TestContent.Of(16 * 1024, 32_768, 32_768, 32_768);
        content.WriteTo(_folder.Path);
        using var files = new ReadCounter(new DestinationFiles(content.Layout, _folder.Path)) { UnreadableFile = 1 };
        ContentCheckResult result = await ContentChecker.CheckAsync(files, content.Verifier());
        Assert.Equal([0, 1, 4, 5], Enumerable.Range(0, 6).Where(i => result.Verified.Contains(new PieceIndex(i))));
        Assert.Equal([null, StorageFaultKind.IOError, null], result.Files.Select(file => file.Fault?.Kind));
    }

    // Enough full-length pieces to hash 16 together. Files begin and end in the middle of pieces.
    [Theory]
    [InlineData(16 * 1024)]
    [InlineData(48 * 1024)]
    [InlineData(20_032)]
    [InlineData(20_000)]
    public async Task Among_many_pieces_only_the_wrong_one_fails(int pieceLength)
    {
        TestContent content = ManyPieces(pieceLength);
        content.WriteTo(_folder.Path);
        Assert.True((await CheckAsync(content)).IsComplete);

        const int offset = 123_456;
        Corrupt(content, 2, offset);
        int wrong = (int)((content.Layout.Files[2].Offset + offset) / pieceLength);
        Assert.Equal([wrong], FailedPieces(content, await CheckAsync(content)));
    }

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData(48 * 1024)]
    public async Task Among_many_pieces_only_those_of_an_unreadable_file_fail(int pieceLength)
    {
        TestContent content = ManyPieces(pieceLength);
        content.WriteTo(_folder.Path);
        using var files = new ReadCounter(new DestinationFiles(content.Layout, _folder.Path)) { UnreadableFile = 1 };
        ContentCheckResult result = await ContentChecker.CheckAsync(files, content.Verifier());
        Assert.Equal(PiecesOf(content, 1, 0), FailedPieces(content, result));
        Assert.Equal([null, StorageFaultKind.IOError, null, null], result.Files.Select(file => file.Fault?.Kind));
    }

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData(48 * 1024)]
    public async Task Among_many_pieces_only_those_beyond_the_end_of_a_short_file_fail(int pieceLength)
    {
        TestContent content = ManyPieces(pieceLength);
        content.WriteTo(_folder.Path);
        const int length = 300_000;
        using (FileStream file = File.OpenWrite(_folder[content.Layout.Files[2].Path]))
            file.SetLength(length);
        Assert.Equal(PiecesOf(content, 2, length), FailedPieces(content, await CheckAsync(content)));
    }

    [Fact]
    public async Task A_file_truncated_during_the_check_fails_only_its_missing_pieces()
    {
        TestContent content = ManyPieces(16 * 1024);
        content.WriteTo(_folder.Path);
        const int length = 300_000;
        using var files =
            new ReadCounter(new DestinationFiles(content.Layout, _folder.Path)) { Truncated = (2, length) };
        ContentCheckResult result = await ContentChecker.CheckAsync(files, content.Verifier());
        Assert.Equal(PiecesOf(content, 2, length), FailedPieces(content, result));
        Assert.NotNull(result.Files[2].Fault);
    }

    [Fact]
    public async Task Pad_files_among_many_pieces_read_as_zeros()
    {
        const int pieceLength = 32 * 1024;
        ContentFile[] files = [.. Enumerable.Range(0, 40).SelectMany(i => new ContentFile[]
        {
            new($"c/{i}", i * pieceLength, 20_001),
            new($"c/.pad/{i}", (i * pieceLength) + 20_001, pieceLength - 20_001, IsPadding: true),
        })];
        var content = new TestContent(pieceLength, files);
        content.WriteTo(_folder.Path);
        Assert.True((await CheckAsync(content)).IsComplete);
        Corrupt(content, 34, 20_000);
        Assert.Equal([17], FailedPieces(content, await CheckAsync(content)));
    }

    [Fact]
    public async Task Progress_ends_at_100_percent()
    {
        TestContent content = TestContent.Of(16 * 1024, 9_000_000);
        content.WriteTo(_folder.Path);
        var seen = new Recorder();
        using var files = new DestinationFiles(content.Layout, _folder.Path);
        await ContentChecker.CheckAsync(files, content.Verifier(), seen);
        Assert.Equal(9_000_000, seen.Values.Max(progress => progress.BytesChecked));
        Assert.Equal(content.Geometry.PieceCount, seen.Values.Max(progress => progress.PiecesChecked));
        Assert.Equal(100, seen.Values.Max(progress => progress.Percent));
    }

    [Fact]
    public async Task A_running_check_can_be_cancelled()
    {
        TestContent content = TestContent.Of(16 * 1024, 30_000_000);
        content.WriteTo(_folder.Path);
        using var cancel = new CancellationTokenSource();
        var seen = new Recorder { Reported = cancel.Cancel };
        using var files = new DestinationFiles(content.Layout, _folder.Path);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => ContentChecker.CheckAsync(files, content.Verifier(), seen, threads: 2, cancel.Token));
        Assert.InRange(seen.Values.Count, 1, 4);
    }

    [Fact]
    public async Task A_download_resumes_with_the_pieces_of_an_earlier_one()
    {
        TestContent content = TestContent.Of(64 * 1024, 300_000, 200_000);
        string destination = _folder["destination"];
        await using (var first = new TestStore(content, _folder, new InlineExecutor()))
        {
            foreach (BlockAddress block in content.Blocks().Where(block => block.Piece.Value is 1 or 4 or 7))
                first.Submit(block);
        }

        using var files = new DestinationFiles(content.Layout, destination);
        ContentCheckResult found = await ContentChecker.CheckAsync(files, content.Verifier());
        Assert.Equal(
            [1, 4, 7],
            Enumerable.Range(0, content.Geometry.PieceCount).Where(i => found.Verified.Contains(new PieceIndex(i))));

        await using var second = new TestStore(content, _folder, new InlineExecutor(), have: found.Verified);
        foreach (BlockAddress block in content.Blocks().Where(block => !found.Verified.Contains(block.Piece)))
            second.Submit(block);
        content.AssertOnDisk(destination);
    }

    private static TestContent ManyPieces(int pieceLength) =>
        TestContent.Of(pieceLength, 1_000_001, 100_003, 700_001, 500_000);

    private static IEnumerable<int> FailedPieces(TestContent content, ContentCheckResult result) =>
        Enumerable.Range(0, content.Geometry.PieceCount).Where(i => !result.Verified.Contains(new PieceIndex(i)));

    /// <summary>Returns the pieces that contain bytes of a file from an offset on.</summary>
    private static IEnumerable<int> PiecesOf(TestContent content, int file, long offset)
    {
        ContentFile entry = content.Layout.Files[file];
        int first = (int)((entry.Offset + offset) / content.Geometry.PieceLength);
        int last = (int)((entry.Offset + entry.Length - 1) / content.Geometry.PieceLength);
        return Enumerable.Range(first, last - first + 1);
    }

    private async Task<ContentCheckResult> CheckAsync(TestContent content)
    {
        using var files = new DestinationFiles(content.Layout, _folder.Path);
        using Sha1PieceVerifier verifier = content.Verifier();
        return await ContentChecker.CheckAsync(files, verifier);
    }

    private void Corrupt(TestContent content, int file, int offset)
    {
        using FileStream stream = File.Open(_folder[content.Layout.Files[file].Path], FileMode.Open);
        stream.Position = offset;
        int value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value + 1));
    }

    private sealed class Recorder : IProgress<ContentProgress>
    {
        public Action? Reported { get; init; }

        public System.Collections.Concurrent.ConcurrentQueue<ContentProgress> Values { get; } = new();

        public void Report(ContentProgress value)
        {
            Values.Enqueue(value);
            Reported?.Invoke();
        }
    }

    /// <summary>Counts the bytes read. Reads of one file fail.</summary>
    private sealed class ReadCounter(IContentFiles inner) : IContentFiles
    {
        private long _bytesRead;

        public long BytesRead => _bytesRead;

        public int UnreadableFile { get; init; } = -1;

        /// <summary>
        /// A file that ends at this length when read, although <c>LengthOf</c> returns its full length.
        /// </summary>
        public (int File, long Length) Truncated { get; init; } = (-1, 0);

        public ContentLayout Layout => inner.Layout;

        public string PathOf(int file) => inner.PathOf(file);

        public long LengthOf(int file) => inner.LengthOf(file);

        public void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers) =>
            throw new NotSupportedException();

        public long Read(int file, long offset, IReadOnlyList<Memory<byte>> buffers) =>
            throw new NotSupportedException();

        public int Read(int file, long offset, Span<byte> buffer)
        {
            if (file == UnreadableFile)
                throw new StorageException(new StorageFault(StorageFaultKind.IOError, PathOf(file), "bad sector"));
            if (file == Truncated.File)
                buffer = buffer[..(int)Math.Clamp(Truncated.Length - offset, 0, buffer.Length)];
            int read = inner.Read(file, offset, buffer);
            Interlocked.Add(ref _bytesRead, read);
            return read;
        }

        public void Dispose() => inner.Dispose();
    }
}
