using TorrentPS.Engine.Policy.Choking;

namespace TorrentPS.Engine.Tests.Policy.Choking;

/// <summary>Each partner at its price.</summary>
public sealed class StrategicTests
{
    private const long Uplink = 1_000_000;

    /// <summary>For how long others serve whom they do not know: three rounds, as with tit for tat.</summary>
    private const int RoundsOnTrial = 3;

    [Fact]
    public void A_partner_that_stays_is_paid_less_until_it_leaves_and_then_what_kept_it()
    {
        var table = new ChokeTable(1, peer => peer, choker: new StrategicChoker(new Random(1)));
        Learn(table);
        long price = 0;
        long lowest = long.MaxValue;
        for (int round = 0; round < 60; round++)
        {
            long paid = table.Limits[0] ?? Uplink;
            bool serves = paid >= 100_000 || round < RoundsOnTrial;
            table.Change(peer => peer with { IsChokingUs = !serves, GivesRate = serves ? 300_000 : 0, TakesRate = paid });
            Next(table, paid);
            Assert.Equal([0], table.Unchoked);
            price = table.Limits[0]!.Value;
            lowest = round < 10 ? lowest : Math.Min(lowest, price);
        }

        Assert.InRange(lowest, 85_000, 110_000);
        Assert.InRange(price, 85_000, 160_000);
    }

    [Fact]
    public void Who_takes_and_never_gives_is_given_up_and_partners_are_kept()
    {
        var table = new ChokeTable(6, peer => peer, choker: new StrategicChoker(new Random(1)));
        Learn(table);
        double spentOnRiders = 0;
        double spentOnPartners = 0;
        for (int round = 0; round < 90; round++)
        {
            table.Change(peer => peer.Peer.Value < 3
                ? peer with { IsChokingUs = false, GivesRate = 200_000, TakesRate = table.Limits[peer.Peer.Value] ?? 0 }
                : peer with { TakesRate = table.Limits[peer.Peer.Value] ?? 0 });
            Next(table, Uplink);
            foreach (int peer in table.Unchoked)
            {
                if (peer < 3)
                    spentOnPartners += table.Limits[peer]!.Value;
                else
                    spentOnRiders += table.Limits[peer]!.Value;
            }

            Assert.Equal([0, 1, 2], table.Unchoked.Where(peer => peer < 3));
        }

        Assert.True(spentOnRiders < spentOnPartners / 5, $"{spentOnRiders} for nothing, {spentOnPartners} for something");
    }

    [Fact]
    public void Nobody_is_paid_more_than_it_gives()
    {
        var table = new ChokeTable(3, peer => peer, choker: new StrategicChoker(new Random(1)));
        Learn(table);
        long gives = 40_000;
        for (int round = 0; round < 60; round++)
        {
            // They serve us for a while and then, however much they get, others.
            bool serves = round < RoundsOnTrial;
            table.Change(peer => peer with { IsChokingUs = !serves, GivesRate = serves ? gives : 0, TakesRate = table.Limits[peer.Peer.Value] ?? 0 });
            Next(table, Uplink);
            Assert.All(table.Unchoked, peer => Assert.InRange(table.Limits[peer]!.Value, 1, gives));
        }
    }

    [Fact]
    public void Who_gets_little_for_saving_gives_as_tit_for_tat_does_until_more_comes_in()
    {
        var table = new ChokeTable(10, peer => peer, choker: new StrategicChoker(new Random(1)));
        Learn(table);
        for (int round = 0; round < 10; round++)
            Next(table, Uplink, downloaded: Uplink / 10);
        Assert.Equal(UploadSlots.Start, table.Unchoked.Length);
        Assert.All(table.Unchoked, peer => Assert.Null(table.Limits[peer]));
        for (int round = 0; round < 10; round++)
            Next(table, Uplink, downloaded: Uplink);
        Assert.All(table.Unchoked, peer => Assert.NotNull(table.Limits[peer]));
    }

    [Fact]
    public void What_nobody_asks_for_says_nothing_of_the_uplink()
    {
        var table = new ChokeTable(6, peer => peer with { HasWanted = true, IsChokingUs = true }, choker: new StrategicChoker(new Random(1)));
        for (int round = 0; round < 4; round++)
            Next(table, Uplink / 10, isBusy: false);
        Assert.All(table.Unchoked, peer => Assert.Null(table.Limits[peer]));
        Next(table, Uplink);
        Next(table, Uplink);
        Assert.All(table.Unchoked, peer => Assert.NotNull(table.Limits[peer]));
    }

    [Fact]
    public void Partners_that_left_are_won_back_with_less_than_a_third_of_the_uplink()
    {
        var table = new ChokeTable(20, peer => peer, choker: new StrategicChoker(new Random(1)));
        Learn(table);
        long most = 0;
        for (int round = 0; round < 20; round++)
        {
            bool serves = round < RoundsOnTrial;
            table.Change(peer => peer with { IsChokingUs = !serves, GivesRate = serves ? 200_000 : 0, TakesRate = table.Limits[peer.Peer.Value] ?? 0 });
            Next(table, Uplink * 4 / 5);
            if (round > RoundsOnTrial)
                most = Math.Max(most, table.Unchoked.Sum(peer => table.Limits[peer]!.Value));
        }

        Assert.InRange(most, 1, Uplink * 0.31);
    }

    [Fact]
    public void A_stranger_is_offered_little_and_no_more_until_it_gives()
    {
        var table = new ChokeTable(1, peer => peer, choker: new StrategicChoker(new Random(1)));
        Learn(table);
        int offers = 0;
        for (int round = 0; round < 30; round++)
        {
            table.Change(peer => peer with { TakesRate = table.Limits[0] ?? 0 });
            Next(table, table.Limits[0] ?? 0);
            offers += table.Unchoked.Length;
            Assert.InRange(table.Limits[0] ?? 0, 0, Uplink / 50);
        }

        Assert.InRange(offers, 4, 20);
    }

    [Fact]
    public void No_more_is_offered_than_the_uplink_and_a_little_can_do()
    {
        var table = new ChokeTable(40, peer => peer, choker: new StrategicChoker(new Random(1)));
        Learn(table);
        for (int round = 0; round < 40; round++)
        {
            table.Change(peer => peer with { IsChokingUs = peer.Peer.Value % 2 == 0, GivesRate = peer.Peer.Value % 2 * 50_000 });
            Next(table, Uplink);
            Assert.InRange(table.Unchoked.Sum(peer => table.Limits[peer]!.Value), 1, (long)(Uplink * 1.101));
        }
    }

    [Fact]
    public void The_fixed_number_of_slots_holds_here_too()
    {
        var table = new ChokeTable(40, peer => peer with { HasWanted = true }, choker: new StrategicChoker(new Random(1)));
        for (int round = 0; round < 20; round++)
        {
            Next(table, Uplink, slots: 2, areFixed: true);
            Assert.InRange(table.Unchoked.Length, 1, 2);
        }
    }

    /// <summary>Two rounds at full rate: the uplink is known.</summary>
    private static void Learn(ChokeTable table)
    {
        table.Change(peer => peer with { HasWanted = true, IsChokingUs = true });
        Next(table, Uplink);
        Next(table, Uplink);
    }

    private static void Next(ChokeTable table, long uploaded, int slots = UploadSlots.Start, bool areFixed = false, long downloaded = Uplink, bool isBusy = true)
    {
        table.Advance(Choker.Round);
        table.Run(slots, terms => terms with { UploadRate = uploaded, DownloadRate = downloaded, AreSlotsFixed = areFixed, IsUplinkBusy = isBusy });
    }
}
