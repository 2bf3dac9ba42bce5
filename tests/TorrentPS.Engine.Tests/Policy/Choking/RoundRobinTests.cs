using TorrentPS.Engine.Policy.Choking;

namespace TorrentPS.Engine.Tests.Policy.Choking;

/// <summary>The choker of a torrent that only uploads.</summary>
public sealed class RoundRobinTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(7)]
    public void Twenty_equal_peers_get_equal_shares_within_half_an_hour(int slots)
    {
        var table = new ChokeTable(20, peer => peer, choker: new RoundRobinChoker());
        double[] got = new double[20];
        for (int second = 0; second < 1800; second++)
        {
            table.Run(slots);
            foreach (int peer in table.Unchoked)
                got[peer] += 1.0 / table.Unchoked.Length;
            table.Advance(TimeSpan.FromSeconds(1));
        }

        double fair = 1800.0 / 20;
        Assert.All(got, part => Assert.InRange(part, fair * 0.95, fair * 1.05));
    }

    [Theory]
    [InlineData(1_000_000, 256 * 1024, 7)]
    [InlineData(10_000_000, 256 * 1024, 76)]
    [InlineData(10_000_000, 4 << 20, 4)]
    [InlineData(1_000_000_000, 16 * 1024, UploadSlots.Maximum)]
    [InlineData(0, 16 * 1024, 0)]
    public void The_number_of_slots_gives_each_peer_a_piece_in_two_seconds(long rate, int pieceLength, int slots) =>
        Assert.Equal(slots, RoundRobinChoker.SlotsForRate(rate, pieceLength));

    [Fact]
    public void Every_peer_is_served_again_within_a_bounded_time()
    {
        var table = new ChokeTable(30, peer => peer, choker: new RoundRobinChoker());
        var last = new TimeSpan[30];
        for (int round = 0; round < 120; round++)
        {
            table.Run(slots: 5);
            foreach (int peer in table.Unchoked)
                last[peer] = table.Now;
            Assert.All(last, time => Assert.InRange(table.Now - time, TimeSpan.Zero, TimeSpan.FromSeconds(70)));
            table.Advance(Choker.RoundInterval);
        }
    }

    [Fact]
    public void Twenty_peers_that_connect_together_are_each_served_within_thirty_seconds()
    {
        var table = new ChokeTable(20, peer => peer, choker: new RoundRobinChoker());
        var served = new HashSet<int>();
        for (int round = 0; round < 3; round++)
        {
            table.Run(slots: 4);
            served.UnionWith(table.Unchoked);
            table.Advance(Choker.RoundInterval);
        }

        Assert.Equal(20, served.Count);
    }

    [Fact]
    public void A_new_peer_is_served_next_however_long_others_wait()
    {
        var table = new ChokeTable(
            10, peer => peer with { IsInterested = peer.Peer.Value < 9 }, choker: new RoundRobinChoker());
        for (int round = 0; round < 7; round++)
        {
            table.Run(slots: 4);
            table.Advance(Choker.RoundInterval);
        }

        table.Change(peer => peer with { IsInterested = true });
        table.Run(slots: 4);
        Assert.Contains(9, table.Unchoked);
    }

    [Fact]
    public void A_fixed_number_of_slots_is_not_exceeded_for_new_peers()
    {
        var table = new ChokeTable(20, peer => peer, choker: new RoundRobinChoker());
        table.Run(slots: 2, inputs => inputs with { AreSlotsFixed = true });
        Assert.Equal(2, table.Unchoked.Length);
    }

    [Fact]
    public void Between_rounds_only_free_slots_are_assigned()
    {
        var table = new ChokeTable(8, peer => peer with { UnchokedAt = TimeSpan.Zero }, choker: new RoundRobinChoker());
        table.Run(slots: 4);
        int[] before = table.Unchoked;
        table.Advance(TimeSpan.FromSeconds(5));
        table.Change(peer => peer.Peer.Value == before[0] ? peer with { IsInterested = false } : peer);
        table.Run(slots: 4);
        Assert.Equal(4, table.Unchoked.Length);
        Assert.All(before[1..], peer => Assert.Contains(peer, table.Unchoked));
        Assert.DoesNotContain(before[0], table.Unchoked);
    }

    [Fact]
    public void With_enough_slots_no_interested_peer_is_choked()
    {
        var table = new ChokeTable(3, peer => peer, choker: new RoundRobinChoker());
        for (int round = 0; round < 30; round++)
        {
            table.Run(slots: 3);
            Assert.Equal([0, 1, 2], table.Unchoked);
            table.Advance(Choker.RoundInterval);
        }
    }
}
