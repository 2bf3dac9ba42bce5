using TorrentPS.Engine.Policy.Choking;

namespace TorrentPS.Engine.Tests.Policy.Choking;

/// <summary>The choker that uploads to each peer only what makes it reciprocate.</summary>
public sealed class StrategicTests
{
    private const long Uplink = 1_000_000;

    /// <summary>Rounds for which the simulated peers serve unknown peers: an optimistic interval.</summary>
    private const int RoundsOnTrial = 3;

    [Fact]
    public void The_cost_of_a_reciprocating_peer_falls_until_it_stops_and_is_then_restored()
    {
        var table = new ChokeTable(1, peer => peer, choker: new StrategicChoker(new Random(1)));
        Learn(table);
        long price = 0;
        long lowest = long.MaxValue;
        for (int round = 0; round < 60; round++)
        {
            long paid = table.Limits[0] ?? Uplink;
            bool serves = paid >= 100_000 || round < RoundsOnTrial;
            table.Change(peer => peer with
            {
                IsChokingUs = !serves,
                DownloadRate = serves ? 300_000 : 0,
                UploadRate = paid,
            });
            Next(table, paid);
            Assert.Equal([0], table.Unchoked);
            price = table.Limits[0]!.Value;
            lowest = round < 10 ? lowest : Math.Min(lowest, price);
        }

        Assert.InRange(lowest, 85_000, 110_000);
        Assert.InRange(price, 85_000, 160_000);
    }

    [Fact]
    public void A_peer_that_never_reciprocates_is_excluded_and_reciprocating_peers_are_kept()
    {
        var table = new ChokeTable(6, peer => peer, choker: new StrategicChoker(new Random(1)));
        Learn(table);
        double spentOnRiders = 0;
        double spentOnPartners = 0;
        for (int round = 0; round < 90; round++)
        {
            table.Change(peer => peer.Peer.Value < 3
                ? peer with
                {
                    IsChokingUs = false,
                    DownloadRate = 200_000,
                    UploadRate = table.Limits[peer.Peer.Value] ?? 0,
                }

                : peer with { UploadRate = table.Limits[peer.Peer.Value] ?? 0 });
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

        Assert.True(
            spentOnRiders < spentOnPartners / 5,
            $"{spentOnRiders} bytes/s to free riders, {spentOnPartners} to others");
    }

    [Fact]
    public void The_cost_of_a_peer_never_exceeds_its_rate()
    {
        var table = new ChokeTable(3, peer => peer, choker: new StrategicChoker(new Random(1)));
        Learn(table);
        long gives = 40_000;
        for (int round = 0; round < 60; round++)
        {
            // They reciprocate for a while, and then stop whatever they get.
            bool serves = round < RoundsOnTrial;
            table.Change(peer => peer with
            {
                IsChokingUs = !serves,
                DownloadRate = serves ? gives : 0,
                UploadRate = table.Limits[peer.Peer.Value] ?? 0,
            });
            Next(table, Uplink);
            Assert.All(table.Unchoked, peer => Assert.InRange(table.Limits[peer]!.Value, 1, gives));
        }
    }

    [Fact]
    public void At_a_low_download_rate_it_works_as_tit_for_tat()
    {
        var table = new ChokeTable(10, peer => peer, choker: new StrategicChoker(new Random(1)));
        Learn(table);
        for (int round = 0; round < 10; round++)
            Next(table, Uplink, downloaded: Uplink / 10);
        Assert.Equal(UploadSlots.Initial, table.Unchoked.Length);
        Assert.All(table.Unchoked, peer => Assert.Null(table.Limits[peer]));
        for (int round = 0; round < 10; round++)
            Next(table, Uplink, downloaded: Uplink);
        Assert.All(table.Unchoked, peer => Assert.NotNull(table.Limits[peer]));
    }

    [Fact]
    public void The_capacity_stays_unknown_while_peers_request_little()
    {
        var table = new ChokeTable(
            6,
            peer => peer with { IsInteresting = true, IsChokingUs = true },
            choker: new StrategicChoker(new Random(1)));
        for (int round = 0; round < 4; round++)
            Next(table, Uplink / 10, isBusy: false);
        Assert.All(table.Unchoked, peer => Assert.Null(table.Limits[peer]));
        Next(table, Uplink);
        Next(table, Uplink);
        Assert.All(table.Unchoked, peer => Assert.NotNull(table.Limits[peer]));
    }

    [Fact]
    public void Peers_that_stopped_reciprocating_get_less_than_a_third_of_the_capacity()
    {
        var table = new ChokeTable(20, peer => peer, choker: new StrategicChoker(new Random(1)));
        Learn(table);
        long most = 0;
        for (int round = 0; round < 20; round++)
        {
            bool serves = round < RoundsOnTrial;
            table.Change(peer => peer with
            {
                IsChokingUs = !serves,
                DownloadRate = serves ? 200_000 : 0,
                UploadRate = table.Limits[peer.Peer.Value] ?? 0,
            });
            Next(table, Uplink * 4 / 5);
            if (round > RoundsOnTrial)
                most = Math.Max(most, table.Unchoked.Sum(peer => table.Limits[peer]!.Value));
        }

        Assert.InRange(most, 1, Uplink * 0.31);
    }

    [Fact]
    public void An_unknown_peer_is_offered_little_until_it_reciprocates()
    {
        var table = new ChokeTable(1, peer => peer, choker: new StrategicChoker(new Random(1)));
        Learn(table);
        int offers = 0;
        for (int round = 0; round < 30; round++)
        {
            table.Change(peer => peer with { UploadRate = table.Limits[0] ?? 0 });
            Next(table, table.Limits[0] ?? 0);
            offers += table.Unchoked.Length;
            Assert.InRange(table.Limits[0] ?? 0, 0, Uplink / 50);
        }

        Assert.InRange(offers, 4, 20);
    }

    [Fact]
    public void The_offers_exceed_the_capacity_only_a_little()
    {
        var table = new ChokeTable(40, peer => peer, choker: new StrategicChoker(new Random(1)));
        Learn(table);
        for (int round = 0; round < 40; round++)
        {
            table.Change(peer => peer with
            {
                IsChokingUs = peer.Peer.Value % 2 == 0,
                DownloadRate = peer.Peer.Value % 2 * 50_000,
            });
            Next(table, Uplink);
            Assert.InRange(table.Unchoked.Sum(peer => table.Limits[peer]!.Value), 1, (long)(Uplink * 1.101));
        }
    }

    [Fact]
    public void A_fixed_number_of_slots_is_not_exceeded()
    {
        var table = new ChokeTable(
            40, peer => peer with { IsInteresting = true }, choker: new StrategicChoker(new Random(1)));
        for (int round = 0; round < 20; round++)
        {
            Next(table, Uplink, slots: 2, areFixed: true);
            Assert.InRange(table.Unchoked.Length, 1, 2);
        }
    }

    /// <summary>Runs two rounds at the full rate, after which the capacity is known.</summary>
    private static void Learn(ChokeTable table)
    {
        table.Change(peer => peer with { IsInteresting = true, IsChokingUs = true });
        Next(table, Uplink);
        Next(table, Uplink);
    }

    private static void Next(
        ChokeTable table,
        long uploaded,
        int slots = UploadSlots.Initial,
        bool areFixed = false,
        long downloaded = Uplink,
        bool isBusy = true)
    {
        table.Advance(Choker.RoundInterval);
        table.Run(slots, inputs => inputs with
        {
            UploadRate = uploaded,
            DownloadRate = downloaded,
            AreSlotsFixed = areFixed,
            IsUplinkBusy = isBusy,
        });
    }
}
