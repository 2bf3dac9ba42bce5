using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Pieces;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Storage;

public sealed class PieceStoreTests : IDisposable
{
    private const int Piece = 64 * 1024;
    private static readonly StorageFault Full = new(StorageFaultKind.DiskFull, "there", "no room");

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(16 * 1024, 100_000)]
    [InlineData(16 * 1024, 16 * 1024)]
    [InlineData(64 * 1024, 1)]
    [InlineData(16 * 1024 * 1024, (32 * 1024 * 1024) + 12_345)]
    [InlineData(64 * 1024 * 1024, 33 * 1024 * 1024)]
    public async Task All_content_is_written_byte_for_byte(int pieceLength, int length)
    {
        TestContent content = TestContent.Of(pieceLength, length / 3, length - (length / 3));
        using var executor = new StorageExecutor();
        await using var store = new TestStore(content, _folder, executor);
        foreach (BlockAddress block in content.Blocks())
            await store.SubmitAsync(block);
        await store.VerifiedAsync(content.Geometry.PieceCount);
        content.AssertOnDisk(store.Destination);
        Assert.Empty(store.Rejected);
        Assert.All(store.Verified, verified => Assert.Null(verified.Digests));
    }

    [Fact]
    public async Task Random_layouts_received_in_random_order_are_written_byte_for_byte()
    {
        using var executor = new StorageExecutor();
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            long[] lengths = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => (long)random.Next(4) switch
            {
                0 => 0,
                1 => random.Next(1, 50),
                2 => 16384 * random.Next(1, 5),
                _ => random.Next(1, 300_000),
            })];
            TestContent content = TestContent.Of(16384 << random.Next(4), [.. lengths, 1]);
            BlockAddress[] blocks = [.. content.Blocks()];
            random.Shuffle(blocks);
            using var folder = new TempFolder();
            await using var store = new TestStore(content, folder, executor, poolBlocks: 64);
            foreach (BlockAddress block in blocks)
                await store.SubmitAsync(block);
            await store.VerifiedAsync(content.Geometry.PieceCount);
            content.AssertOnDisk(store.Destination);
        }
    }

    [Fact]
    public async Task Nothing_is_written_before_the_piece_is_complete()
    {
        TestContent content = TestContent.Of(Piece, Piece);
        await using var store = new TestStore(content, _folder, new InlineExecutor());
        foreach (BlockAddress block in content.Blocks(0).Skip(1))
            store.Submit(block);
        Assert.False(Directory.Exists(store.Destination));
        store.Submit(content.Geometry.Block(new PieceIndex(0), 0));
        content.AssertOnDisk(store.Destination);
        Assert.Equal(0, store.Pool.Outstanding);
    }

    [Fact]
    public async Task A_wrong_piece_is_dropped_and_digests_identify_its_wrong_block()
    {
        TestContent content = TestContent.Of(Piece, Piece);
        await using var store = new TestStore(content, _folder, new InlineExecutor());
        foreach (BlockAddress block in content.Blocks(0))
            store.Submit(block, block.BlockIndex == 2 ? new byte[block.Length] : null);
        Assert.False(Directory.Exists(store.Destination));
        Assert.Equal(0, store.Pool.Outstanding);
        ulong[] wrong = Assert.Single(store.Rejected).Digests;

        foreach (BlockAddress block in content.Blocks(0))
            store.Submit(block);
        ulong[] right = Assert.Single(store.Verified).Digests!;
        Assert.Equal([2], Enumerable.Range(0, 4).Where(i => wrong[i] != right[i]));
        content.AssertOnDisk(store.Destination);
    }

    [Fact]
    public async Task A_block_received_twice_is_returned_to_the_pool()
    {
        TestContent content = TestContent.Of(Piece, Piece);
        await using var store = new TestStore(content, _folder, new InlineExecutor());
        BlockAddress block = content.Blocks(0).First();
        store.Submit(block);
        store.Submit(block, new byte[block.Length]);
        Assert.Equal(1, store.Pool.Outstanding);
        foreach (BlockAddress rest in content.Blocks(0).Skip(1))
            store.Submit(rest);
        store.Submit(block, new byte[block.Length]);
        Assert.Equal(0, store.Pool.Outstanding);
        content.AssertOnDisk(store.Destination);
    }

    [Fact]
    public async Task Blocks_of_pieces_already_on_disk_are_returned_to_the_pool()
    {
        TestContent content = TestContent.Of(Piece, 2 * Piece);
        var have = new Bitfield(2);
        have.Add(new PieceIndex(1));
        await using var store = new TestStore(content, _folder, new InlineExecutor(), have: have);
        store.Submit(content.Blocks(1).First());
        Assert.Equal(0, store.Pool.Outstanding);
    }

    [Fact]
    public async Task A_block_outside_the_torrent_is_refused_and_stays_with_the_caller()
    {
        TestContent content = TestContent.Of(Piece, Piece);
        await using var store = new TestStore(content, _folder, new InlineExecutor());
        var block = store.Pool.TryRent()!;
        Assert.Throws<ArgumentException>(
            () => store.Store.Submit(new BlockAddress(new PieceIndex(1), 0, 16384), block));
        Assert.Throws<ArgumentException>(
            () => store.Store.Submit(new BlockAddress(new PieceIndex(0), 1, 16384), block));
        store.Pool.Return(block);
    }

    [Fact]
    public async Task A_discarded_piece_returns_its_blocks_and_can_be_received_again()
    {
        TestContent content = TestContent.Of(Piece, Piece);
        var executor = new ManualExecutor();
        await using var store = new TestStore(content, _folder, executor);
        store.Submit(content.Blocks(0).First(), new byte[16384]);
        store.Store.Discard(new PieceIndex(0));
        Assert.Equal(0, store.Pool.Outstanding);

        foreach (BlockAddress block in content.Blocks(0))
            store.Submit(block);
        store.Store.Discard(new PieceIndex(0));
        executor.RunAll();
        Assert.Equal(0, store.Pool.Outstanding);
        Assert.Empty(store.Verified);

        foreach (BlockAddress block in content.Blocks(0))
            store.Submit(block);
        executor.RunAll();
        content.AssertOnDisk(store.Destination);
    }

    [Fact]
    public async Task An_I_O_error_is_reported_once_and_loses_no_data()
    {
        TestContent content = TestContent.Of(Piece, 3 * Piece);
        FailingFiles disk = null!;
        await using var store =
            new TestStore(content, _folder, new InlineExecutor(), disk: files => disk = new FailingFiles(files));
        disk.Fault = Full;
        foreach (BlockAddress block in content.Blocks())
            store.Submit(block);
        Assert.Equal(Full, Assert.Single(store.Faults));
        Assert.Equal(1, disk.Writes);
        Assert.Empty(store.Verified);
        Assert.Equal(12, store.Pool.Outstanding);

        store.Store.Resume();
        Assert.Equal(2, store.Faults.Count);
        Assert.Equal(12, store.Pool.Outstanding);

        disk.Fault = null;
        store.Store.Resume();
        Assert.Equal([0, 1, 2], store.Verified.Select(verified => verified.Piece).Order());
        Assert.Equal(0, store.Pool.Outstanding);
        content.AssertOnDisk(store.Destination);
    }

    [Fact]
    public async Task A_verified_piece_that_waits_for_the_disk_is_not_discarded()
    {
        TestContent content = TestContent.Of(Piece, Piece);
        FailingFiles disk = null!;
        await using var store =
            new TestStore(content, _folder, new InlineExecutor(), disk: files => disk = new FailingFiles(files));
        disk.Fault = Full;
        foreach (BlockAddress block in content.Blocks())
            store.Submit(block);
        store.Store.Discard(new PieceIndex(0));
        disk.Fault = null;
        store.Store.Resume();
        content.AssertOnDisk(store.Destination);
    }

    [Fact]
    public async Task Disposing_writes_verified_pieces_and_returns_all_other_blocks()
    {
        TestContent content = TestContent.Of(Piece, 3 * Piece);
        FailingFiles disk = null!;
        using var executor = new StorageExecutor();
        var store = new TestStore(content, _folder, executor, disk: files => disk = new FailingFiles(files));
        disk.Fault = Full;
        foreach (BlockAddress block in content.Blocks(0))
            store.Submit(block);
        foreach (BlockAddress block in content.Blocks(1))
            store.Submit(block);
        store.Submit(content.Blocks(2).First());
        await store.FaultedAsync();
        disk.Fault = null;
        await store.DisposeAsync();
        Assert.Equal([0, 1], store.Verified.Select(verified => verified.Piece).Order());

        store.Submit(content.Blocks(2).First());
        Assert.Equal(0, store.Pool.Outstanding);
    }

    [Fact]
    public async Task Pad_files_are_verified_but_not_written()
    {
        var content = new TestContent(
            Piece,
            new ContentFile("c/a", 0, 70_000),
            new ContentFile("c/.pad/61072", 70_000, 61_072, IsPadding: true),
            new ContentFile("c/b", 131_072, 10));
        await using var store = new TestStore(content, _folder, new InlineExecutor());
        foreach (BlockAddress block in content.Blocks())
            store.Submit(block);
        Assert.Equal(3, store.Verified.Count);
        content.AssertOnDisk(store.Destination);
    }

    [Theory]
    [InlineData("content")]
    [InlineData("content/0")]
    public async Task A_file_in_place_of_a_folder_is_reported(string inTheWay)
    {
        TestContent content = TestContent.Of(Piece, Piece);
        await using var store = new TestStore(content, _folder, new InlineExecutor());
        string file = Path.Combine(store.Destination, inTheWay);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "in the way");
        foreach (BlockAddress block in content.Blocks())
            store.Submit(block);
        StorageFault fault = Assert.Single(store.Faults);
        Assert.Equal((StorageFaultKind.BadPath, file), (fault.Kind, fault.Path));
        Assert.Equal("in the way", File.ReadAllText(file));
    }

    [SkippableFact]
    public async Task A_symbolic_link_in_the_destination_is_not_followed()
    {
        Skip.If(OperatingSystem.IsWindows(), "Making links needs rights on Windows.");
        TestContent content = TestContent.Of(Piece, Piece);
        await using var store = new TestStore(content, _folder, new InlineExecutor());
        File.WriteAllText(_folder["precious"], "precious");
        Directory.CreateDirectory(Path.Combine(store.Destination, "content/0"));
        File.CreateSymbolicLink(Path.Combine(store.Destination, "content/0/0.bin"), _folder["precious"]);
        foreach (BlockAddress block in content.Blocks())
            store.Submit(block);
        Assert.Equal(StorageFaultKind.BadPath, Assert.Single(store.Faults).Kind);
        Assert.Equal("precious", File.ReadAllText(_folder["precious"]));

        File.Delete(Path.Combine(store.Destination, "content/0/0.bin"));
        store.Store.Resume();
        content.AssertOnDisk(store.Destination);
    }

    [SkippableFact]
    public async Task A_full_disk_is_reported_and_the_download_continues_when_space_is_free()
    {
        using var small = SmallDisk.TryMount(_folder, "destination", bytes: 256 * 1024);
        Skip.If(small is null, "A small file system needs root on Linux.");
        foreach (AllocationMode allocation in Enum.GetValues<AllocationMode>())
        {
            TestContent content = TestContent.Of(Piece, 3 * Piece);
            await using var store = new TestStore(content, _folder, new InlineExecutor(), allocation: allocation);
            string ballast = Path.Combine(store.Destination, "ballast");
            File.WriteAllBytes(ballast, new byte[150 * 1024]);
            foreach (BlockAddress block in content.Blocks())
                store.Submit(block);
            Assert.Equal(StorageFaultKind.DiskFull, Assert.Single(store.Faults).Kind);
            File.Delete(ballast);
            store.Store.Resume();
            content.AssertOnDisk(store.Destination);
            Directory.Delete(Path.Combine(store.Destination, "content"), recursive: true);
        }
    }

    [SkippableFact]
    public async Task A_read_only_destination_is_reported()
    {
        using var small = SmallDisk.TryMount(_folder, "destination", bytes: 256 * 1024);
        Skip.If(small is null, "A read-only file system needs root on Linux.");
        small.MakeReadOnly();
        TestContent content = TestContent.Of(Piece, Piece);
        await using var store = new TestStore(content, _folder, new InlineExecutor());
        foreach (BlockAddress block in content.Blocks())
            store.Submit(block);
        Assert.Equal(StorageFaultKind.AccessDenied, Assert.Single(store.Faults).Kind);
    }

    [Fact]
    public async Task Preallocated_files_are_written_byte_for_byte()
    {
        TestContent content = TestContent.Of(Piece, 4 * Piece);
        await using var store =
            new TestStore(content, _folder, new InlineExecutor(), allocation: AllocationMode.Preallocated);
        foreach (BlockAddress block in content.Blocks().Reverse())
            store.Submit(block);
        content.AssertOnDisk(store.Destination);
    }

    [Fact]
    public async Task A_known_file_that_is_too_long_is_cut()
    {
        TestContent content = TestContent.Of(Piece, Piece);
        await using var store = new TestStore(content, _folder, new InlineExecutor());
        string path = Path.Combine(store.Destination, "content/0/0.bin");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, [.. new byte[Piece], 1, 2, 3]);
        store.Known.Add(0);
        foreach (BlockAddress block in content.Blocks())
            store.Submit(block);
        content.AssertOnDisk(store.Destination);
    }

    [Fact]
    public async Task A_file_that_appears_during_the_download_is_not_overwritten()
    {
        TestContent content = TestContent.Of(Piece, Piece);
        await using var store = new TestStore(content, _folder, new InlineExecutor());
        string path = Path.Combine(store.Destination, "content/0/0.bin");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "mine");
        foreach (BlockAddress block in content.Blocks())
            store.Submit(block);
        StorageFault fault = Assert.Single(store.Faults);
        Assert.Equal((StorageFaultKind.FileExists, path), (fault.Kind, fault.Path));
        Assert.Equal("mine", File.ReadAllText(path));

        File.Delete(path);
        store.Store.Resume();
        content.AssertOnDisk(store.Destination);
    }

    [Fact]
    public async Task The_hot_path_allocates_nothing_per_block()
    {
        TestContent content = TestContent.Of(1 << 20, 24 << 20);
        await using var store = new TestStore(content, _folder, new InlineExecutor());
        BlockAddress[] blocks = [.. content.Blocks()];
        int warm = 8 * 64;
        foreach (BlockAddress block in blocks.Take(warm))
            store.Submit(block);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = warm; i < blocks.Length; i++)
            store.Submit(blocks[i]);
        long perBlock = (GC.GetAllocatedBytesForCurrentThread() - before) / (blocks.Length - warm);

        // .NET's gather write, used where VectorIO has no system call, allocates 40 bytes per buffer.
        Assert.InRange(perBlock, 0, 64);
    }

    [Fact]
    public async Task With_wrong_blocks_discards_and_I_O_errors_only_valid_data_is_written_and_no_block_is_lost()
    {
        using var executor = new StorageExecutor(maxThreads: 3);
        for (int seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            TestContent content = TestContent.Of(256 * 1024, 1_000_000, 700_001);
            using var folder = new TempFolder();
            FailingFiles disk = null!;
            await using (var store = new TestStore(
                content, folder, executor, poolBlocks: 64, disk: files => disk = new FailingFiles(files)))
            {
                BlockAddress[] blocks = [.. content.Blocks()];
                for (int i = 0; i < 800; i++)
                {
                    if (store.Pool.TryRent() is { } block)
                    {
                        BlockAddress address = blocks[random.Next(blocks.Length)];
                        content.Block(address).CopyTo(block.Span);
                        block.Span[0] ^= (byte)(random.Next(100) == 0 ? 1 : 0);
                        store.Store.Submit(address, block);
                    }

                    if (random.Next(50) == 0)
                        store.Store.Discard(new PieceIndex(random.Next(content.Geometry.PieceCount)));
                    if (random.Next(40) == 0)
                        disk.Fault = disk.Fault is null ? Full : null;
                    if (random.Next(40) == 0)
                        store.Store.Resume();
                }

                // A write that failed before the disk recovered may be reported afterwards.
                store.OnFault = store.Store.Resume;
                disk.Fault = null;
                store.Store.Resume();
                while (store.Verified.Count < content.Geometry.PieceCount)
                {
                    foreach (BlockAddress address in blocks.Where(block => !store.HasVerified(block.Piece)))
                        await store.SubmitAsync(address);
                    await store.NextEventAsync();
                }
            }

            content.AssertOnDisk(folder["destination"]);
        }
    }
}
