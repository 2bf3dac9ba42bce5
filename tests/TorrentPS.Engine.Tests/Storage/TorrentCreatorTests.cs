using System.Security.Cryptography;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Storage;

public sealed class TorrentCreatorTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(MetainfoVersion.V1, 16 * 1024)]
    [InlineData(MetainfoVersion.V1, 1 << 20)]
    [InlineData(MetainfoVersion.V2, 16 * 1024)]
    [InlineData(MetainfoVersion.V2, 64 * 1024)]
    [InlineData(MetainfoVersion.V2, 1 << 20)]
    [InlineData(MetainfoVersion.Hybrid, 16 * 1024)]
    [InlineData(MetainfoVersion.Hybrid, 64 * 1024)]
    [InlineData(MetainfoVersion.Hybrid, 1 << 20)]
    public async Task A_torrent_of_a_folder_describes_its_files(MetainfoVersion version, int pieceLength)
    {
        Write("content/b/odd.bin", 700_001);
        Write("content/a.bin", 16_384);
        Write("content/b/ünï 文件.txt", 1);
        Write("content/b/empty", 0);
        Write("content/c/exact.bin", 131_072);
        TorrentMetainfo torrent = await CreateAsync("content", new() { Version = version, PieceLength = pieceLength });
        Assert.Equal((version, pieceLength, "content"), (torrent.Version, torrent.PieceLength, torrent.Name));
        Assert.Equal(
            ["content/a.bin", "content/b/empty", "content/b/odd.bin", "content/b/ünï 文件.txt", "content/c/exact.bin"],
            torrent.Files.Where(file => !file.IsPadding).Select(file => file.Path));
        Assert.Empty(torrent.Warnings);

        ContentCheckResult found = await CheckAsync(torrent);
        Assert.True(found.IsComplete);
        CorruptLastByte("content/b/odd.bin");
        found = await CheckAsync(torrent);
        Assert.Equal(torrent.PieceCount - 1, found.Verified.Count);
        Assert.False(
            Assert.Single(found.Files, file => file.Path.EndsWith("odd.bin", StringComparison.Ordinal)).IsComplete);
    }

    [Theory]
    [InlineData(MetainfoVersion.V1)]
    [InlineData(MetainfoVersion.V2)]
    [InlineData(MetainfoVersion.Hybrid)]
    public async Task A_torrent_of_a_single_file_has_its_name_and_no_folder(MetainfoVersion version)
    {
        Write("only.bin", 100_000);
        TorrentMetainfo torrent = await CreateAsync("only.bin", new() { Version = version, PieceLength = 32 * 1024 });
        Assert.False(torrent.IsMultiFile);
        Assert.Equal("only.bin", Assert.Single(torrent.Files, file => !file.IsPadding).Path);
        Assert.True((await CheckAsync(torrent)).IsComplete);
    }

    [Fact]
    public async Task Hashes_follow_BEP_3_and_BEP_52()
    {
        byte[] bytes = Write("three.bin", 40_000);
        TorrentMetainfo torrent =
            await CreateAsync("three.bin", new() { Version = MetainfoVersion.Hybrid, PieceLength = 65_536 });
        Assert.Equal(SHA1.HashData(bytes), torrent.PieceHash(new PieceIndex(0)).ToArray());
        byte[] left = Pair(SHA256.HashData(bytes.AsSpan(0, 16_384)), SHA256.HashData(bytes.AsSpan(16_384, 16_384)));
        byte[] right = Pair(SHA256.HashData(bytes.AsSpan(32_768)), new byte[32]);
        Assert.Equal(Pair(left, right), torrent.Files[0].PiecesRoot.ToArray());

        static byte[] Pair(byte[] a, byte[] b) => SHA256.HashData([.. a, .. b]);
    }

    [Theory]
    [InlineData(MetainfoVersion.V1)]
    [InlineData(MetainfoVersion.Hybrid)]
    public async Task Each_of_many_pieces_has_the_hash_of_its_bytes(MetainfoVersion version)
    {
        const int pieceLength = 16 * 1024;
        byte[] bytes = Write("many.bin", (50 * pieceLength) + 1);
        TorrentMetainfo torrent = await CreateAsync("many.bin", new() { Version = version, PieceLength = pieceLength });
        Assert.Equal(
            bytes.Chunk(pieceLength).Select(SHA1.HashData),
            Enumerable.Range(0, torrent.PieceCount).Select(i => torrent.PieceHash(new PieceIndex(i)).ToArray()));
    }

    [Fact]
    public async Task The_torrent_contains_the_options()
    {
        Write("content/a", 10);
        TorrentMetainfo torrent = await CreateAsync("content", new()
        {
            IsPrivate = true,
            Source = "SRC",
            Comment = "a remark",
            CreatedBy = "a test",
            Trackers = [["http://one.test/announce", "http://two.test/announce"], ["udp://three.test:1"]],
            WebSeeds = ["http://seed.test/"],
        });
        Assert.True(torrent.IsPrivate);
        Assert.Equal(("SRC", "a remark", "a test"), (torrent.Source, torrent.Comment, torrent.CreatedBy));
        Assert.Equal(Clock.Now, torrent.CreationDate);
        Assert.Equal(
            [["http://one.test/announce", "http://two.test/announce"], ["udp://three.test:1"]], torrent.Trackers);
        Assert.Equal(["http://seed.test/"], torrent.WebSeeds);
    }

    [Fact]
    public async Task The_same_content_gives_the_same_torrent()
    {
        foreach (string name in new[] { "z", "A", "m/x", "m/B", "b" })
            Write($"content/{name}", 1_000_000);
        var options = new TorrentCreationOptions { HasCreationDate = false };
        byte[] first = await TorrentCreator.CreateAsync(_folder["content"], options with { Threads = 1 });
        byte[] second = await TorrentCreator.CreateAsync(
            _folder["content"] + Path.DirectorySeparatorChar, options with { Threads = 4 });
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task The_default_piece_length_depends_on_the_size()
    {
        Write("content/a", 10);
        Assert.Equal(16 * 1024, (await CreateAsync("content", new())).PieceLength);
        using (FileStream file = File.OpenWrite(_folder["content/a"]))
            file.SetLength(100 << 20);
        Assert.Equal(64 * 1024, (await CreateAsync("content", new())).PieceLength);
    }

    [SkippableFact]
    public async Task Symbolic_links_inside_the_folder_are_skipped()
    {
        Skip.If(OperatingSystem.IsWindows(), "Making links needs rights on Windows.");
        Write("content/a", 10);
        Write("outside/secret", 10);
        Directory.CreateSymbolicLink(_folder["content/folder"], _folder["outside"]);
        Directory.CreateSymbolicLink(_folder["content/circle"], _folder["content"]);
        File.CreateSymbolicLink(_folder["content/file"], _folder["outside/secret"]);
        Assert.Equal(["content/a"], (await CreateAsync("content", new())).Files.Select(file => file.Path));
    }

    [Fact]
    public async Task Missing_paths_and_empty_folders_are_refused()
    {
        StorageException missing = await Assert.ThrowsAsync<StorageException>(() => CreateAsync("nothing", new()));
        Assert.Equal((StorageFaultKind.ContentMissing, _folder["nothing"]), (missing.Fault.Kind, missing.Fault.Path));
        Directory.CreateDirectory(_folder["empty"]);
        await Assert.ThrowsAsync<ArgumentException>(() => CreateAsync("empty", new()));
        Write("file", 10);
        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => CreateAsync("file", new() { Version = MetainfoVersion.V2, PieceLength = 20_000 }));
    }

    [Theory]
    [InlineData(9_000_000)]
    [InlineData(11_000_000)]
    public async Task A_file_that_changes_while_it_is_read_is_refused(long newLength)
    {
        Write("content/a", 10_000_000);
        var changer = new OnReport(() =>
        {
            using FileStream file =
                File.Open(_folder["content/a"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(newLength);
        });
        StorageException exception = await Assert.ThrowsAsync<StorageException>(
            () => TorrentCreator.CreateAsync(_folder["content"], new() { Threads = 1 }, progress: changer));
        Assert.Contains(
            exception.Fault.Kind, new[] { StorageFaultKind.ContentChanged, StorageFaultKind.ContentMissing });
        Assert.Equal(_folder["content/a"], exception.Fault.Path);
    }

    [Fact]
    public async Task A_running_creation_can_be_cancelled()
    {
        Write("content/a", 30_000_000);
        using var cancel = new CancellationTokenSource();
        var canceller = new OnReport(cancel.Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => TorrentCreator.CreateAsync(
                _folder["content"], new() { Threads = 1 }, progress: canceller, cancellation: cancel.Token));
        Assert.Equal(1, canceller.Reports);
    }

    [Fact]
    public async Task The_pieces_of_a_v2_torrent_are_verified_by_their_Merkle_trees()
    {
        Write("content/a", 100_000);
        Write("content/b", 5);
        Write("content/c", 65_536);
        TorrentMetainfo torrent =
            await CreateAsync("content", new() { Version = MetainfoVersion.V2, PieceLength = 32 * 1024 });
        ContentLayout layout = ContentLayout.Of(torrent);
        using var source = new DestinationFiles(layout, _folder.Path);
        var reader = new ContentReader(source);
        var content = new TestContent(torrent.PieceLength, layout.Geometry, [.. layout.Files]);
        reader.Read(0, [content.Bytes]);

        await using var store =
            new TestStore(content, _folder, new InlineExecutor(), verifier: PieceVerifier.Of(torrent));
        foreach (BlockAddress block in content.Blocks())
            store.Submit(block, block == content.Blocks().First() ? new byte[block.Length] : null);
        Assert.Equal(0, Assert.Single(store.Rejected).Piece);
        foreach (BlockAddress block in content.Blocks(0))
            store.Submit(block);
        Assert.Equal(torrent.PieceCount, store.Verified.Count);
        content.AssertOnDisk(store.Destination);
    }

    private byte[] Write(string path, int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[path])!);
        File.WriteAllBytes(_folder[path], bytes);
        return bytes;
    }

    private void CorruptLastByte(string path)
    {
        byte[] bytes = File.ReadAllBytes(_folder[path]);
        bytes[^1]++;
        File.WriteAllBytes(_folder[path], bytes);
    }

    private async Task<TorrentMetainfo> CreateAsync(string path, TorrentCreationOptions options) =>
        TorrentMetainfo.Parse(await TorrentCreator.CreateAsync(_folder[path], options, new Clock()));

    private Task<ContentCheckResult> CheckAsync(TorrentMetainfo torrent) =>
        ContentCheck.RunAsync(torrent, _folder.Path);

    private sealed class Clock : TimeProvider
    {
        public static DateTimeOffset Now { get; } = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class OnReport(Action once) : IProgress<ContentProgress>
    {
        public int Reports { get; private set; }

        public void Report(ContentProgress value)
        {
            if (Reports++ == 0)
                once();
        }
    }
}
