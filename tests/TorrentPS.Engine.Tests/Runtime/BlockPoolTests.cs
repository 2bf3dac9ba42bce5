using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Tests.Runtime;

public class BlockPoolTests
{
    private const int Blocks = 64;
    private const long Capacity = Blocks * 16 * 1024;

    [Fact]
    public void Each_block_has_16_KiB_of_its_own()
    {
        var pool = new BlockPool(Capacity);
        Block first = pool.TryRent()!;
        Block second = pool.TryRent()!;
        first.Span.Fill(1);
        second.Span.Fill(2);
        Assert.Equal(16 * 1024, first.Span.Length);
        Assert.False(first.Span.ContainsAnyExcept((byte)1));
        Assert.True(first.Memory.Span.SequenceEqual(first.Span));
    }

    [Fact]
    public void An_empty_pool_rents_nothing_and_counts_rented_blocks()
    {
        var pool = new BlockPool(Capacity);
        Block[] all = [.. Enumerable.Range(0, Blocks).Select(_ => pool.TryRent()!)];
        Assert.Equal(Blocks, all.Distinct().Count());
        Assert.Null(pool.TryRent());
        Assert.Equal((Blocks, 0), (pool.Outstanding, pool.Available));
        foreach (Block block in all)
            pool.Return(block);
        Assert.Equal((0, Blocks), (pool.Outstanding, pool.Available));
    }

    [Fact]
    public void A_block_returned_twice_is_refused()
    {
        var pool = new BlockPool(Capacity);
        Block block = pool.TryRent()!;
        pool.Return(block);
        Assert.Throws<InvalidOperationException>(() => pool.Return(block));
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public async Task The_longest_waiter_gets_the_returned_block()
    {
        var pool = new BlockPool(Capacity);
        Block[] all = [.. Enumerable.Range(0, Blocks).Select(_ => pool.TryRent()!)];
        Task<Block> first = pool.RentAsync(CancellationToken.None).AsTask();
        Task<Block> second = pool.RentAsync(CancellationToken.None).AsTask();
        pool.Return(all[0]);
        Assert.Same(all[0], await first);
        Assert.False(second.IsCompleted);
        pool.Return(all[1]);
        Assert.Same(all[1], await second);
        Assert.Equal(Blocks, pool.Outstanding);
    }

    [Fact]
    public async Task A_cancelled_wait_leaks_no_block()
    {
        var pool = new BlockPool(Capacity);
        Block[] all = [.. Enumerable.Range(0, Blocks).Select(_ => pool.TryRent()!)];
        using var cancel = new CancellationTokenSource();
        Task<Block> waiter = pool.RentAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiter);
        foreach (Block block in all)
            pool.Return(block);
        Assert.Equal(0, pool.Outstanding);
        Assert.NotNull(pool.TryRent());
    }
}
