using TorrentPS.Engine.Policy;

namespace TorrentPS.Engine.Tests.Policy;

public sealed class ChokerTests
{
    private static readonly ChokeReason[] UnchokedReasons =
        [ChokeReason.Reciprocating, ChokeReason.Optimistic, ChokeReason.RoundRobin, ChokeReason.FreeSlot];

    [Fact]
    public void Who_gives_most_is_unchoked_and_one_more_by_chance()
    {
        var table = new ChokeTable(20, peer => peer with { GivesRate = 1_000 + peer.Peer.Value });
        table.Run(slots: 5);
        Assert.Equal([16, 17, 18, 19], table.With(ChokeReason.Reciprocating));
        Assert.Single(table.With(ChokeReason.Optimistic));
        Assert.Equal(15, table.With(ChokeReason.NoSlot).Length);
    }

    [Fact]
    public void The_order_of_giving_is_followed_as_it_changes()
    {
        var table = new ChokeTable(10, peer => peer with { GivesRate = peer.Peer.Value + 1 });
        table.Run(slots: 4);
        table.Change(peer => peer with { GivesRate = 10 - peer.Peer.Value });
        table.Advance(Choker.Round);
        table.Run(slots: 4);
        Assert.Equal([0, 1, 2], table.With(ChokeReason.Reciprocating));
    }

    [Fact]
    public void Who_is_not_interested_takes_no_slot()
    {
        var table = new ChokeTable(6, peer => peer with { GivesRate = 1_000, IsInterested = peer.Peer.Value >= 4 });
        table.Run(slots: 4);
        Assert.Equal([4, 5], table.Unchoked);
        Assert.Equal([0, 1, 2, 3], table.With(ChokeReason.NotInterested));
    }

    [Fact]
    public void A_snubbing_peer_earns_no_slot_and_gets_none_that_is_merely_free()
    {
        var table = new ChokeTable(3, peer => peer with { GivesRate = 1_000, IsSnubbing = peer.Peer.Value > 0 });
        table.Run(slots: 8);
        Assert.Equal([0], table.With(ChokeReason.Reciprocating));
        Assert.Single(table.With(ChokeReason.Optimistic));
        Assert.Single(table.With(ChokeReason.Snubbing));
    }

    [Fact]
    public void A_free_slot_is_filled_at_once_and_nobody_loses_one_between_rounds()
    {
        var table = new ChokeTable(3, peer => peer with { IsInterested = false });
        table.Run(slots: 2);
        Assert.Empty(table.Unchoked);
        table.Advance(TimeSpan.FromSeconds(1));
        table.Change(peer => peer with { IsInterested = peer.Peer.Value < 2 });
        table.Run(slots: 2);
        Assert.Equal([0, 1], table.Unchoked);

        table.Advance(TimeSpan.FromSeconds(1));
        table.Change(peer => peer with { IsInterested = true, GivesRate = peer.Peer.Value == 2 ? 5_000 : 0 });
        table.Run(slots: 2);
        Assert.Equal([0, 1], table.Unchoked);
        table.Advance(TimeSpan.FromSeconds(8.1)); // A round, 9.1 s after the two were unchoked.
        table.Run(slots: 2);
        Assert.Equal([0, 1], table.Unchoked);
        table.Advance(Choker.Round);
        table.Run(slots: 2);
        Assert.Contains(2, table.Unchoked);
    }

    [Fact]
    public void The_optimistic_slot_moves_every_thirty_seconds_and_reaches_everybody()
    {
        var table = new ChokeTable(8, peer => peer with { GivesRate = peer.Peer.Value < 4 ? 1_000 : 0 });
        var holders = new List<int>();
        for (int round = 0; round < 120; round++)
        {
            table.Run(slots: 5);
            holders.Add(Assert.Single(table.With(ChokeReason.Optimistic)));
            table.Advance(Choker.Round);
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
    public void New_peers_are_three_times_as_likely_to_be_tried()
    {
        int newcomers = 0;
        for (int seed = 0; seed < 1_000; seed++)
        {
            var table = new ChokeTable(9, peer => peer with { GivesRate = peer.Peer.Value == 0 ? 1_000 : 0 }, seed);
            table.Advance(TitForTatChoker.NewFor);
            table.Change(peer => peer.Peer.Value is 1 or 2 ? peer with { ConnectedAt = table.Now } : peer);
            table.Run(slots: 2);
            newcomers += table.With(ChokeReason.Optimistic)[0] <= 2 ? 1 : 0;
        }

        Assert.InRange(newcomers, 430, 570); // Two of weight 3 among six of weight 1: half.
    }

    [Fact]
    public void A_peer_that_answers_an_optimistic_unchoke_keeps_a_slot_and_another_is_tried()
    {
        var table = new ChokeTable(10, peer => peer with { GivesRate = peer.Peer.Value < 3 ? 1_000 : 0 });
        table.Run(slots: 4);
        int tried = Assert.Single(table.With(ChokeReason.Optimistic));
        table.Change(peer => peer.Peer.Value == tried ? peer with { GivesRate = 9_000 } : peer);
        table.Advance(Choker.Round);
        table.Run(slots: 4);
        Assert.Contains(tried, table.With(ChokeReason.Reciprocating));
        Assert.NotEqual(tried, Assert.Single(table.With(ChokeReason.Optimistic)));
        Assert.Equal(4, table.Unchoked.Length);
    }

    [Fact]
    public void While_seeding_every_peer_has_its_turn()
    {
        var table = new ChokeTable(30, peer => peer with { TakesRate = 1_000_000 }, seeding: true);
        int[] turns = new int[30];
        for (int round = 0; round < 60; round++)
        {
            table.Run(slots: 5);
            Assert.Equal(5, table.Unchoked.Length);
            foreach (int peer in table.With(ChokeReason.RoundRobin))
                turns[peer]++;
            table.Advance(Choker.Round);
            table.Change(peer => peer.IsUnchoked ? peer with { TakenSinceUnchoke = peer.TakenSinceUnchoke + 10_000_000 } : peer);
        }

        // Four regular slots for 60 rounds among 30: eight rounds each, in turns of two.
        Assert.InRange(turns.Min(), 4, 8);
        Assert.InRange(turns.Max(), 8, 12);
    }

    [Fact]
    public void While_seeding_a_turn_lasts_until_the_quota_is_taken_or_the_time_is_over()
    {
        var table = new ChokeTable(2, peer => peer, seeding: true);
        table.Run(slots: 1);
        int first = Assert.Single(table.Unchoked);
        for (int i = 0; i < 5; i++)
        {
            table.Advance(Choker.Round);
            table.Run(slots: 1);
            Assert.Equal([first], table.Unchoked);
        }

        table.Advance(Choker.Round);
        table.Run(slots: 1);
        Assert.Equal([1 - first], table.Unchoked);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void There_are_never_more_unchoked_than_slots_nor_a_slot_left_while_somebody_waits(int slots)
    {
        var random = new Random(slots);
        var table = new ChokeTable(12, peer => peer, seed: slots);
        for (int step = 0; step < 500; step++)
        {
            table.Change(peer => random.Next(4) > 0 ? peer : peer with
            {
                IsInterested = random.Next(2) == 0,
                GivesRate = random.Next(3) * 1_000,
                IsSnubbing = random.Next(5) == 0,
            });
            table.Advance(TimeSpan.FromSeconds(random.Next(1, 12)));
            table.Run(slots);
            Assert.InRange(table.Unchoked.Length, 0, slots);
            Assert.True(table.Unchoked.Length == slots || table.With(ChokeReason.NoSlot).Length == 0);
            Assert.Equal(table.Unchoked.Length, UnchokedReasons.Sum(r => table.With(r).Length));
        }
    }

    [Fact]
    public void Slots_grow_while_each_more_brings_more_and_then_stay_about_there()
    {
        var slots = new UploadSlots();
        for (int round = 0; round < 200; round++)
        {
            // Ten peers at 100 kB/s fill the uplink.
            slots.OnRound(Math.Min(slots.Count, 10) * 100_000, null, waiting: 20);
            Assert.InRange(slots.Count, UploadSlots.Start, 11);
        }

        Assert.InRange(slots.Count, 10, 11);
    }

    [Theory]
    [InlineData(400_000L, 20)]
    [InlineData(null, 0)]
    public void Slots_do_not_grow_when_the_limit_is_reached_or_nobody_waits(long? limit, int waiting)
    {
        var slots = new UploadSlots();
        for (int round = 0; round < 50; round++)
            slots.OnRound(slots.Count * 100_000, limit, waiting);
        Assert.Equal(UploadSlots.Start, slots.Count);
    }
}
