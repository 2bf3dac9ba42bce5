using TorrentPS.Engine.Policy.Connections;

namespace TorrentPS.Engine.Tests.Policy.Connections;

public sealed class PeerRankingTests
{
    private static readonly TimeSpan Old = TimeSpan.FromMinutes(5);

    [Fact]
    public void A_useless_peer_goes_first_then_the_lowest_priority_of_those_who_do_not_trade()
    {
        var trades = new ConnectionMetrics(1, PeerRanking.MinTraded, true, Old);
        var low = new ConnectionMetrics(5, PeerRanking.MinTraded - 1, true, Old);
        var high = new ConnectionMetrics(9, 0, true, Old);
        var useless = new ConnectionMetrics(100, 1_000_000, false, Old);
        Assert.Equal(3, PeerRanking.FindWorst([trades, low, high, useless]));
        Assert.Equal(2, PeerRanking.FindWorst([trades, high, low]));
        Assert.True(PeerRanking.ShouldReplace(useless, 0));
        Assert.True(PeerRanking.ShouldReplace(low, 6));
        Assert.False(PeerRanking.ShouldReplace(low, 5));
    }

    [Fact]
    public void Peers_that_trade_and_peers_just_connected_keep_their_place() =>
        Assert.Equal(-1, PeerRanking.FindWorst([new(1, PeerRanking.MinTraded, true, Old), new(0, 0, false, TimeSpan.FromSeconds(59))]));

    [Fact]
    public void Reconnecting_waits_twice_as_long_each_time_up_to_a_cap_with_some_chance_in_it()
    {
        var random = new Random(1);
        Assert.Equal(TimeSpan.Zero, ReconnectBackoff.Delay(0, random));
        foreach ((int failures, double seconds) in new[] { (1, 5.0), (2, 10), (4, 40), (8, 600), (int.MaxValue, 600) })
        {
            double[] delays = [.. Enumerable.Range(0, 200).Select(_ => ReconnectBackoff.Delay(failures, random).TotalSeconds)];
            Assert.InRange(delays.Min(), seconds * 0.75, seconds * 0.8);
            Assert.InRange(delays.Max(), seconds * 1.2, seconds * 1.25);
        }
    }
}
