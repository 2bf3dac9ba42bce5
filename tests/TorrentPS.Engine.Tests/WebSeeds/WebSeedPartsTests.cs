using TorrentPS.Engine.Policy.Connections;
using TorrentPS.Engine.WebSeeds;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.WebSeeds;

/// <summary>The classes of a web seed that need no server.</summary>
public sealed class WebSeedPartsTests
{
    private static readonly TorrentGeometry s_geometry = TorrentGeometry.Continuous(10 * 40_000, 40_000);

    [Fact]
    public void A_range_ends_where_the_next_block_is_not_consecutive()
    {
        RangeRequestQueue run = Requests(Block(2, 0), Block(2, 1), Block(2, 2), Block(3, 0), Block(7, 1));
        Assert.True(run.TryBeginRange(out long offset, out long length));
        Assert.Equal((80_000, 40_000 + 16_384), (offset, length));
        Assert.Equal(
            [(Block(2, 0), true), (Block(2, 1), true), (Block(2, 2), true), (Block(3, 0), true)], Drain(run, 4));
        Assert.True(run.TryBeginRange(out offset, out length));
        Assert.Equal((280_000 + 16_384, 16_384), (offset, length));
        Assert.Equal([(Block(7, 1), true)], Drain(run, 1));
        Assert.False(run.TryBeginRange(out _, out _));
    }

    [Fact]
    public void A_block_requested_again_after_a_cancel_gets_a_range_of_its_own()
    {
        RangeRequestQueue run = Requests(Block(0, 0), Block(0, 1));
        run.Cancel(Block(0, 1));
        run.Cancel(Block(5, 0));
        Assert.True(run.TryBeginRange(out _, out long length));
        Assert.Equal(16_384, length);
        run.Cancel(Block(0, 0));
        Assert.True(run.IsRangeCancelled);
        run.Add(Block(0, 0));
        Assert.True(run.IsRangeCancelled);
        Assert.True(run.TryBeginRange(out _, out length));
        Assert.Equal(16_384, length);
        Assert.False(run.IsRangeCancelled);
        Assert.Equal([(Block(0, 0), true)], Drain(run, 1));
        Assert.False(run.IsRangeCancelled);
    }

    [Fact]
    public void All_blocks_that_were_not_cancelled_are_taken_in_order()
    {
        RangeRequestQueue run = Requests(Block(0, 0), Block(0, 1), Block(0, 2), Block(4, 0));
        Assert.True(run.TryBeginRange(out _, out _));
        Drain(run, 1);
        run.Cancel(Block(0, 1));
        var refused = new List<BlockAddress>();
        run.RemoveAll(refused);
        Assert.Equal([Block(0, 2), Block(4, 0)], refused);
        Assert.False(run.TryBeginRange(out _, out _));
    }

    [Fact]
    public void Waits_grow_until_the_server_is_given_up_and_restart_after_a_success()
    {
        var pause = new WebSeedBackoff(new Random(1));
        TimeSpan?[] first = [.. Enumerable.Range(0, WebSeedBackoff.MaxFailures).Select(
            _ => pause.OnFailure(Failure(WebSeedError.Unreachable)))];
        Assert.Null(first[^1]);
        Assert.All(first[..^1].Zip(first[1..^1]), pair => Assert.True(pair.First < pair.Second));
        Assert.All(first[..^1], each => Assert.InRange(
            each!.Value, ReconnectBackoff.FirstDelay * 0.75, ReconnectBackoff.MaxDelay * 1.25));

        pause.OnSuccess();
        Assert.InRange(
            pause.OnFailure(Failure(WebSeedError.NoFile))!.Value,
            ReconnectBackoff.FirstDelay * 0.75,
            ReconnectBackoff.FirstDelay * 1.25);
        Assert.Null(pause.OnFailure(Failure(WebSeedError.Unusable)));
    }

    [Fact]
    public void A_busy_server_is_never_given_up_and_its_retry_after_is_capped_at_an_hour()
    {
        var pause = new WebSeedBackoff(new Random(1));
        TimeSpan longest = TimeSpan.Zero;
        for (int i = 0; i < 100; i++)
            longest = pause.OnFailure(Failure(WebSeedError.Busy)) is { } next && next > longest ? next : longest;
        Assert.InRange(longest, ReconnectBackoff.MaxDelay, ReconnectBackoff.MaxDelay * 1.25);
        Assert.Equal(TimeSpan.FromMinutes(40), pause.OnFailure(Failure(WebSeedError.Busy, TimeSpan.FromMinutes(40))));
        Assert.Equal(WebSeedBackoff.MaxRetryAfter, pause.OnFailure(Failure(WebSeedError.Busy, TimeSpan.FromDays(40))));
    }

    private static WebSeedException Failure(WebSeedError error, TimeSpan? retryAfter = null) => new(error, "", retryAfter);

    private static BlockAddress Block(int piece, int block) => s_geometry.Block(new PieceIndex(piece), block);

    private static RangeRequestQueue Requests(params BlockAddress[] blocks)
    {
        var run = new RangeRequestQueue(block => s_geometry.OffsetOf(block.Piece) + block.Begin);
        foreach (BlockAddress block in blocks)
            run.Add(block);
        return run;
    }

    private static (BlockAddress, bool)[] Drain(RangeRequestQueue run, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (run.Current, run.RemoveCurrent()))];
}
