using TorrentPS.Engine.Policy.Choking;

namespace TorrentPS.Engine.Tests.Policy.Choking;

public sealed class TitForTatTests
{
    private static readonly ChokeReason[] UnchokedReasons =
        [ChokeReason.Reciprocating, ChokeReason.Optimistic, ChokeReason.RoundRobin, ChokeReason.FreeSlot];

    [Fact]
    public void The_fastest_peers_are_unchoked_and_one_more_at_random()
    {
        var table = new ChokeTable(20, peer => peer with { DownloadRate = 1_000 + peer.Peer.Value });
        table.Run(slots: 5);
        Assert.Equal([16, 17, 18, 19], table.With(ChokeReason.Reciprocating));
        Assert.Single(table.With(ChokeReason.Optimistic));
        Assert.Equal(15, table.With(ChokeReason.NoSlot).Length);
    }

    [Fact]
    public void The_slots_follow_the_ranking_as_rates_change()
    {
        var table = new ChokeTable(10, peer => peer with { DownloadRate = peer.Peer.Value + 1 });
        table.Run(slots: 4);
        table.Change(peer => peer with { DownloadRate = 10 - peer.Peer.Value });
        table.Advance(Choker.RoundInterval);
        table.Run(slots: 4);
        Assert.Equal([0, 1, 2], table.With(ChokeReason.Reciprocating));
    }

    [Fact]
    public void A_peer_that_is_not_interested_uses_no_slot()
    {
        var table = new ChokeTable(6, peer => peer with { DownloadRate = 1_000, IsInterested = peer.Peer.Value >= 4 });
        table.Run(slots: 4);
        Assert.Equal([4, 5], table.Unchoked);
        Assert.Equal([0, 1, 2, 3], table.With(ChokeReason.NotInterested));
    }

    [Fact]
    public void A_snubbed_peer_gets_neither_a_regular_slot_nor_a_free_one()
    {
        var table = new ChokeTable(3, peer => peer with { DownloadRate = 1_000, IsSnubbed = peer.Peer.Value > 0 });
        table.Run(slots: 8);
        Assert.Equal([0], table.With(ChokeReason.Reciprocating));
        Assert.Single(table.With(ChokeReason.Optimistic));
        Assert.Single(table.With(ChokeReason.Snubbing));
    }

    [Fact]
    public void A_free_slot_is_filled_at_once_and_no_peer_loses_one_between_rounds()
    {
        var table = new ChokeTable(3, peer => peer with { IsInterested = false });
        table.Run(slots: 2);
        Assert.Empty(table.Unchoked);
        table.Advance(TimeSpan.FromSeconds(1));
        table.Change(peer => peer with { IsInterested = peer.Peer.Value < 2 });
        table.Run(slots: 2);
        Assert.Equal([0, 1], table.Unchoked);

        table.Advance(TimeSpan.FromSeconds(1));
        table.Change(peer => peer with { IsInterested = true, DownloadRate = peer.Peer.Value == 2 ? 5_000 : 0 });
        table.Run(slots: 2);
        Assert.Equal([0, 1], table.Unchoked);
        table.Advance(TimeSpan.FromSeconds(8.1)); // A round, 9.1 s after the two were unchoked.
        table.Run(slots: 2);
        Assert.Equal([0, 1], table.Unchoked);
        table.Advance(Choker.RoundInterval);
        table.Run(slots: 2);
        Assert.Contains(2, table.Unchoked);
    }

    [Fact]
    public void The_optimistic_slot_moves_every_thirty_seconds_and_reaches_every_peer()
    {
        var table = new ChokeTable(8, peer => peer with { DownloadRate = peer.Peer.Value < 4 ? 1_000 : 0 });
        var holders = new List<int>();
        for (int round = 0; round < 120; round++)
        {
            table.Run(slots: 5);
            holders.Add(Assert.Single(table.With(ChokeReason.Optimistic)));
            table.Advance(Choker.RoundInterval);
        }

        Assert.Equal([4, 5, 6, 7], holders.Distinct().Order());
        for (int term = 0; term < 40; term++)
        {
            Assert.Single(holders.Skip(term * 3).Take(3).Distinct());
            if (term > 0)
                Assert.NotEqual(holders[(term * 3) - 1], holders[term * 3]);
        }
    }

    [Fact]
    public void New_peers_are_three_times_as_likely_to_be_unchoked_optimistically()
    {
        int newPeers = 0;
        for (int seed = 0; seed < 1_000; seed++)
        {
            var table = new ChokeTable(9, peer => peer with { DownloadRate = peer.Peer.Value == 0 ? 1_000 : 0 }, seed);
            table.Advance(OptimisticUnchoke.NewPeerAge);
            table.Change(peer => peer.Peer.Value is 1 or 2 ? peer with { ConnectedAt = table.Now } : peer);
            table.Run(slots: 2);
            newPeers += table.With(ChokeReason.Optimistic)[0] <= 2 ? 1 : 0;
        }

        Assert.InRange(newPeers, 430, 570); // Two of weight 3 among six of weight 1: half.
    }

    [Fact]
    public void A_peer_that_reciprocates_an_optimistic_unchoke_gets_a_regular_slot()
    {
        var table = new ChokeTable(10, peer => peer with { DownloadRate = peer.Peer.Value < 3 ? 1_000 : 0 });
        table.Run(slots: 4);
        int tried = Assert.Single(table.With(ChokeReason.Optimistic));
        table.Change(peer => peer.Peer.Value == tried ? peer with { DownloadRate = 9_000 } : peer);
        table.Advance(Choker.RoundInterval);
        table.Run(slots: 4);
        Assert.Contains(tried, table.With(ChokeReason.Reciprocating));
        Assert.NotEqual(tried, Assert.Single(table.With(ChokeReason.Optimistic)));
        Assert.Equal(4, table.Unchoked.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void All_slots_are_used_while_a_peer_waits_and_never_more(int slots)
    {
        var random = new Random(slots);
        var table = new ChokeTable(12, peer => peer, seed: slots);
        for (int step = 0; step < 500; step++)
        {
            table.Change(peer => random.Next(4) > 0 ? peer : peer with
            {
                IsInterested = random.Next(2) == 0,
                DownloadRate = random.Next(3) * 1_000,
                IsSnubbed = random.Next(5) == 0,
            });
            table.Advance(TimeSpan.FromSeconds(random.Next(1, 12)));
            table.Run(slots);
            Assert.InRange(table.Unchoked.Length, 0, slots);
            Assert.True(table.Unchoked.Length == slots || table.With(ChokeReason.NoSlot).Length == 0);
            Assert.Equal(table.Unchoked.Length, UnchokedReasons.Sum(r => table.With(r).Length));
        }
    }

    [Fact]
    public void A_peer_that_had_a_slot_and_sent_nothing_is_drawn_half_as_often()
    {
        int reciprocating = 0;
        for (int seed = 0; seed < 1_000; seed++)
        {
            var table = new ChokeTable(
                9,
                peer => peer with { DownloadRate = peer.Peer.Value == 0 ? 1_000 : 0, UnchokedAt = TimeSpan.Zero },
                seed);
            table.Advance(OptimisticUnchoke.NewPeerAge);
            table.Change(peer => peer with { HasSentData = peer.Peer.Value <= 4 });
            table.Run(slots: 2);
            reciprocating += table.With(ChokeReason.Optimistic)[0] <= 4 ? 1 : 0;
        }

        Assert.InRange(reciprocating, 610, 720); // Four of weight 2 among four of weight 1: two thirds.
    }

    [Fact]
    public void An_unearned_slot_stays_with_a_peer_for_an_interval_and_then_moves_on()
    {
        var table = new ChokeTable(6, peer => peer);
        table.Run(slots: 2);
        int[] first = table.With(ChokeReason.FreeSlot);
        for (int round = 0; round < 2; round++)
        {
            table.Advance(Choker.RoundInterval);
            table.Run(slots: 2);
            Assert.Equal(first, table.With(ChokeReason.FreeSlot));
        }

        table.Advance(Choker.RoundInterval);
        table.Run(slots: 2);
        Assert.NotEqual(first, table.With(ChokeReason.FreeSlot));
    }

    [Fact]
    public void An_unearned_slot_goes_to_a_reciprocating_peer_in_the_next_round()
    {
        var table = new ChokeTable(6, peer => peer);
        table.Run(slots: 2);
        int reciprocating = Enumerable.Range(0, 6).Except(table.Unchoked).First();
        table.Advance(Choker.RoundInterval);
        table.Change(peer => peer.Peer.Value == reciprocating ? peer with { DownloadRate = 1_000 } : peer);
        table.Run(slots: 2);
        Assert.Equal([reciprocating], table.With(ChokeReason.Reciprocating));
    }

    [Fact]
    public void Every_reciprocating_peer_has_a_rank_and_no_other_peer()
    {
        var table = new ChokeTable(5, peer => peer with { DownloadRate = peer.Peer.Value * 1_000 });
        table.Run(slots: 2);
        Assert.Equal([null, 4, 3, 2, 1], table.Ranks);
    }

    [Fact]
    public void An_unchoked_peer_is_not_replaced_by_a_slightly_faster_one()
    {
        var table = new ChokeTable(3, peer => peer with { DownloadRate = peer.Peer.Value == 0 ? 1_000 : 0 });
        table.Run(slots: 1);
        table.Advance(Choker.RoundInterval);
        table.Change(peer => peer with { DownloadRate = peer.Peer.Value == 1 ? 1_050 : peer.DownloadRate });
        table.Run(slots: 1);
        Assert.Equal([0], table.Unchoked);
        table.Advance(Choker.RoundInterval);
        table.Change(peer => peer with { DownloadRate = peer.Peer.Value == 1 ? 1_200 : peer.DownloadRate });
        table.Run(slots: 1);
        Assert.Equal([1], table.Unchoked);
    }
}
