using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Policy.Requests;

public sealed class RequestDepthTests
{
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void A_web_seed_begins_with_megabytes_and_has_the_same_maximum_as_a_peer()
    {
        RequestDepth depth = RequestDepth.ForWebSeed();
        int first = depth.Depth;
        Assert.InRange(first, 64, 1024);
        for (int i = 0; i < 3 * RequestDepth.DefaultMaxDepth; i++)
            depth.OnBlock();
        Assert.Equal(RequestDepth.DefaultMaxDepth, depth.Depth);
        depth.IsSnubbed = true;
        Assert.Equal(1, depth.Depth);
        depth.OnTick(1, TimeSpan.Zero);
        depth.OnTick(1, TimeSpan.Zero);
        depth.Restart();
        Assert.Equal(first, depth.Depth);
    }

    [Fact]
    public void In_slow_start_each_block_adds_one_request_up_to_the_limit_of_the_peer()
    {
        var depth = new RequestDepth(250);
        int initialDepth = depth.Depth;
        depth.OnBlock();
        Assert.Equal(initialDepth + 1, depth.Depth);
        for (int i = 0; i < 1_000; i++)
            depth.OnBlock();
        Assert.Equal(250, depth.Depth);
    }

    [Fact]
    public void When_the_rate_stops_growing_the_depth_covers_three_seconds_and_a_round_trip()
    {
        var depth = new RequestDepth();
        depth.OnTick(500_000, RoundTrip);
        depth.OnTick(1_000_000, RoundTrip);
        Assert.True(depth.IsSlowStart);
        depth.OnTick(1_000_000, RoundTrip);
        Assert.False(depth.IsSlowStart);
        Assert.Equal((int)Math.Ceiling(3.1 * 1_000_000 / TorrentGeometry.BlockLength), depth.Depth);
        depth.OnBlock();
        Assert.Equal(190, depth.Depth);
    }

    [Theory]
    [InlineData(0, 250, 2)]
    [InlineData(1_000_000_000, 250, 250)]
    [InlineData(1_000_000_000, 10_000, 2000)]
    [InlineData(1_000_000_000, 1, 1)]
    [InlineData(1_000_000_000, -5, 1)]
    public void The_depth_stays_within_the_limits_of_both_sides(long rate, int peerLimit, int expected)
    {
        var depth = new RequestDepth(peerLimit);
        depth.OnTick(1_000_000_000, RoundTrip);
        depth.OnTick(rate, RoundTrip);
        depth.OnTick(rate, RoundTrip);
        Assert.Equal(expected, depth.Depth);
    }

    [Fact]
    public void A_snubbed_peer_gets_one_request_and_restarts_when_it_sends_again()
    {
        var depth = new RequestDepth();
        for (int i = 0; i < 20; i++)
            depth.OnBlock();
        depth.IsSnubbed = true;
        Assert.Equal(1, depth.Depth);
        depth.Restart();
        Assert.True(depth.IsSlowStart);
        Assert.InRange(depth.Depth, 4, 24);
    }

    [Theory]
    [InlineData(125_000_000, 0.001)]
    [InlineData(250_000, 0.3)]
    public void On_a_steady_link_the_depth_soon_covers_the_bandwidth_delay_product(long linkRate, double roundTrip)
    {
        var depth = new RequestDepth(250);
        double underWay = linkRate * roundTrip / TorrentGeometry.BlockLength;
        // In a round trip the peer sends all requested blocks, or as many as the link carries.
        for (double time = 0, tick = 1; time < 5; time += roundTrip)
        {
            double rate = Math.Min(linkRate, depth.Depth * TorrentGeometry.BlockLength / roundTrip);
            for (int i = 0; i < rate * roundTrip / TorrentGeometry.BlockLength; i++)
                depth.OnBlock();
            if (time < tick)
                continue;
            depth.OnTick((long)rate, TimeSpan.FromSeconds(roundTrip));
            tick++;
        }

        Assert.True(
            depth.Depth >= Math.Min(250, underWay),
            $"{depth.Depth} requests do not cover {underWay:0} blocks.");
    }
}
