using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage.Pieces;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Storage;

public sealed class SpillTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pieces_larger_than_the_pool_are_written_even_if_all_are_started_at_once()
    {
        const int pieceLength = 16 << 20;
        TestContent content = TestContent.Of(pieceLength, (4L * pieceLength) - 9_999);
        BlockAddress[] blocks = [.. content.Blocks()];
        new Random(1).Shuffle(blocks);
        using var executor = new StorageExecutor();
        await using var store = new TestStore(content, _folder, executor, poolBlocks: 64);
        foreach (BlockAddress block in blocks)
            await store.SubmitAsync(block);
        await store.VerifiedAsync(content.Geometry.PieceCount);
        content.AssertOnDisk(store.Destination);
    }

    [Fact]
    public async Task Unverified_blocks_are_spilled_to_the_state_folder_and_not_to_the_destination()
    {
        const int pieceLength = 2 << 20;
        TestContent content = TestContent.Of(pieceLength, 2 * pieceLength);
        await using var store = new TestStore(content, _folder, new InlineExecutor(), poolBlocks: 64);
        foreach (BlockAddress block in content.Blocks(0).Skip(1).Concat(content.Blocks(1).Skip(1)))
            store.Submit(block);
        Assert.False(Directory.Exists(store.Destination));
        Assert.True(new FileInfo(store.SpillPath).Length > 0);

        store.Submit(content.Geometry.Block(new PieceIndex(0), 0));
        store.Submit(content.Geometry.Block(new PieceIndex(1), 0));
        Assert.Equal([0, 1], store.Verified.Select(verified => verified.Piece));
        Assert.Equal(0, store.Pool.Outstanding);
        Assert.Equal(0, new FileInfo(store.SpillPath).Length);
        content.AssertOnDisk(store.Destination);
    }

    [Fact]
    public async Task Digests_of_a_spilled_piece_identify_its_wrong_block()
    {
        const int pieceLength = 4 << 20;
        TestContent content = TestContent.Of(pieceLength, pieceLength);
        await using var store = new TestStore(content, _folder, new InlineExecutor(), poolBlocks: 64);
        foreach (BlockAddress block in content.Blocks(0))
            store.Submit(block, block.BlockIndex == 7 ? new byte[block.Length] : null);
        ulong[] wrong = Assert.Single(store.Rejected).Digests;
        foreach (BlockAddress block in content.Blocks(0).Reverse())
            store.Submit(block);
        ulong[] right = Assert.Single(store.Verified).Digests!;
        Assert.Equal([7], Enumerable.Range(0, right.Length).Where(i => wrong[i] != right[i]));
        content.AssertOnDisk(store.Destination);
    }

    [Fact]
    public async Task A_spilled_piece_that_is_discarded_can_be_received_again()
    {
        const int pieceLength = 4 << 20;
        TestContent content = TestContent.Of(pieceLength, pieceLength);
        await using var store = new TestStore(content, _folder, new InlineExecutor(), poolBlocks: 64);
        foreach (BlockAddress block in content.Blocks(0).Take(200))
            store.Submit(block, new byte[block.Length]);
        store.Store.Discard(new PieceIndex(0));
        Assert.Equal(0, store.Pool.Outstanding);
        foreach (BlockAddress block in content.Blocks(0))
            store.Submit(block);
        content.AssertOnDisk(store.Destination);
    }

    [Fact]
    public async Task Nothing_is_spilled_while_the_pool_has_free_blocks()
    {
        TestContent content = TestContent.Of(1 << 20, 4 << 20);
        await using var store = new TestStore(content, _folder, new InlineExecutor(), poolBlocks: 512);
        foreach (BlockAddress block in content.Blocks().OrderBy(block => block.Begin))
            store.Submit(block);
        Assert.False(Directory.Exists(_folder["state"]));
        content.AssertOnDisk(store.Destination);
    }

    [Fact]
    public async Task Downloads_that_share_a_small_pool_all_complete()
    {
        const int pieceLength = 4 << 20;
        TestContent content = TestContent.Of(pieceLength, 2 * pieceLength);
        using var executor = new StorageExecutor();
        var pool = new BlockPool(64 * TorrentGeometry.BlockLength);
        await using (var idle = new TestStore(content, _folder, executor, destination: "idle", pool: pool))
        {
            foreach (BlockAddress block in content.Blocks(0).Take(50))
                idle.Submit(block);
            await Task.WhenAll(DownloadAsync("one"), DownloadAsync("two"));
            Assert.Empty(idle.Verified);
        }

        Assert.Equal(0, pool.Outstanding);

        async Task DownloadAsync(string name)
        {
            BlockAddress[] blocks = [.. content.Blocks()];
            new Random(name.Length).Shuffle(blocks);
            await using var store = new TestStore(content, _folder, executor, destination: name, pool: pool);
            foreach (BlockAddress block in blocks)
                await store.SubmitAsync(block);
            await store.VerifiedAsync(content.Geometry.PieceCount);
            content.AssertOnDisk(store.Destination);
        }
    }

    [SkippableFact]
    public async Task A_full_state_folder_is_reported_and_the_download_continues_when_space_is_free()
    {
        using var small = SmallDisk.TryMount(_folder, "state", bytes: 256 * 1024);
        Skip.If(small is null, "A small file system needs root on Linux.");
        const int pieceLength = 2 << 20;
        TestContent content = TestContent.Of(pieceLength, pieceLength);
        await using var store = new TestStore(content, _folder, new InlineExecutor(), poolBlocks: 64);
        var blocks = new Queue<BlockAddress>(content.Blocks());
        while (store.Faults.IsEmpty)
            store.Submit(blocks.Dequeue());
        Assert.Equal(
            (StorageFaultKind.DiskFull, store.SpillPath), (store.Faults.Single().Kind, store.Faults.Single().Path));
        small.Resize(16 << 20);
        store.Store.Resume();
        while (blocks.TryDequeue(out BlockAddress block))
            store.Submit(block);
        Assert.Single(store.Faults);
        content.AssertOnDisk(store.Destination);
    }
}
