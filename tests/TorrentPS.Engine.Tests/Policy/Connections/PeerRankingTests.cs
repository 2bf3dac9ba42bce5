using TorrentPS.Engine.Policy.Connections;

namespace TorrentPS.Engine.Tests.Policy.Connections;

public sealed class PeerRankingTests
{
    private static readonly TimeSpan Old = TimeSpan.FromMinutes(5);

    [Fact]
    public void A_useless_connection_is_closed_first_and_then_the_idle_one_of_the_lowest_priority()
    {
        var trades = new ConnectionMetrics(1, PeerRanking.MinRecentBytes, true, Old);
        var low = new ConnectionMetrics(5, PeerRanking.MinRecentBytes - 1, true, Old);
        var high = new ConnectionMetrics(9, 0, true, Old);
        var useless = new ConnectionMetrics(100, 1_000_000, false, Old);
        Assert.Equal(3, PeerRanking.FindWorst([trades, low, high, useless]));
        Assert.Equal(2, PeerRanking.FindWorst([trades, high, low]));
        Assert.True(PeerRanking.ShouldReplace(useless, 0));
        Assert.True(PeerRanking.ShouldReplace(low, 6));
        Assert.False(PeerRanking.ShouldReplace(low, 5));
    }

    [Fact]
    public void Trading_and_young_connections_are_kept() =>
        Assert.Equal(
            -1,
            PeerRanking.FindWorst(
                [new(1, PeerRanking.MinRecentBytes, true, Old), new(0, 0, false, TimeSpan.FromSeconds(59))]));

    [Fact]
    public void The_reconnect_delay_doubles_up_to_a_cap_with_jitter()
    {
        var random = new Random(1);
        Assert.Equal(TimeSpan.Zero, ReconnectBackoff.Delay(0, random));
        foreach ((int failures, double seconds) in new[] { (1, 5.0), (2, 10), (4, 40), (8, 600), (int.MaxValue, 600) })
        {
            double[] delays = [.. Enumerable.Range(0, 200)
                .Select(_ => ReconnectBackoff.Delay(failures, random).TotalSeconds)];
            Assert.InRange(delays.Min(), seconds * 0.75, seconds * 0.8);
            Assert.InRange(delays.Max(), seconds * 1.2, seconds * 1.25);
        }
    }
}
