namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>How many requests are kept at a peer and how long they are waited for, over modelled links.</summary>
public sealed class PacingTests
{
    private const double Gigabit = 125_000_000;
    private const double TwoMegabit = 250_000;

    [Theory]
    [InlineData(Gigabit, 0.1, 0)]
    [InlineData(Gigabit, 0.1, 60)]
    [InlineData(Gigabit, 0.001, 0)]
    [InlineData(TwoMegabit, 0.3, 0)]
    [InlineData(TwoMegabit, 0.3, 60)]
    [InlineData(TwoMegabit, 2, 0)]
    [InlineData(10_000_000, 1, 0)]
    [InlineData(10_000_000, 1, 60)]
    [InlineData(1_000_000, 0.01, 60)]
    [InlineData(10_000, 0.1, 0)]
    public void A_link_is_full_soon_after_the_first_request(double linkRate, double roundTrip, double idleBefore)
    {
        using SwarmFixture swarm = Large((linkRate * (16 + (12 * roundTrip))));
        var model = new LinkModel(swarm);
        LinkModel.ModelledPeer peer = model.Connect(1, _ => linkRate, roundTrip, 10_000);
        model.Run(idleBefore);
        peer.Unchoke();

        // From four requests to two thousand the depth doubles nine times, once each round trip; and a new peer proves
        // itself first.
        model.Run(Math.Max(5, 12 * roundTrip));
        long before = peer.Delivered;

        model.Run(10);

        // What is served in whole blocks may lie one beside the border of the time.
        Assert.InRange(peer.Delivered - before + SwarmFixture.Block, linkRate * 10 * 0.9, double.MaxValue);
        Assert.Equal(0, swarm.Status.Wasted);
    }

    [Theory]
    [InlineData(TwoMegabit, 0.3)]
    [InlineData(TwoMegabit, 2)]
    [InlineData(1_000_000, 0.1)]
    [InlineData(10_000, 0.1)]
    public void Requests_cover_a_few_seconds_of_download_at_most(double linkRate, double roundTrip)
    {
        using SwarmFixture swarm = Large(linkRate * 60);
        var model = new LinkModel(swarm);
        LinkModel.ModelledPeer peer = model.Connect(1, _ => linkRate, roundTrip, 10_000);
        peer.Unchoke();
        double perSecond = linkRate / SwarmFixture.Block;
        double most = 0;
        for (int i = 0; i < 20; i++)
        {
            model.Run(1);
            most = Math.Max(most, swarm.StatusOf(peer.Peer).RequestsOut);
        }

        Assert.InRange(most, 0, Math.Max(4, perSecond * 10));
        Assert.InRange(
            swarm.StatusOf(peer.Peer).RequestsOut, perSecond * roundTrip, Math.Max(4, perSecond * (4 + roundTrip)));
    }

    [Fact]
    public void A_link_that_becomes_fast_is_filled_and_one_that_becomes_slow_is_not_left_with_minutes_of_requests()
    {
        const double Slow = 50_000;
        const double Fast = 10_000_000;
        using SwarmFixture swarm = Large(25 * Fast);
        var model = new LinkModel(swarm);
        LinkModel.ModelledPeer peer = model.Connect(1, time => time is > 30 and < 50 ? Fast : Slow, 0.3, 10_000);
        peer.Unchoke();
        model.Run(40);
        long before = peer.Delivered;

        model.Run(10);
        Assert.InRange(peer.Delivered - before, Fast * 10 * 0.9, Fast * 10.1);

        model.Run(20);
        Assert.InRange(swarm.StatusOf(peer.Peer).RequestsOut, 1, 10 * Slow / SwarmFixture.Block);
    }

    public static TheoryData<string, double, double> UnsteadyLinks => new()
    {
        { "steady", 1_000, 0.1 },
        { "steady", 3_000, 0.1 },
        { "steady", 20_000, 2 },
        { "steady", 1_000_000, 0.001 },
        { "waves", 1_000_000, 0.05 },
        { "waves", 100_000, 0.5 },
        { "fading", 1_000_000, 0.1 },
        { "pauses", 1_000_000, 0.02 },
        { "pauses", 50_000, 0.2 },
        { "collapse", 1_000_000, 0.05 },
        { "collapse", 100_000, 0.3 },
    };

    [Theory]
    [MemberData(nameof(UnsteadyLinks))]
    public void A_slow_or_unsteady_link_is_waited_for(string kind, double linkRate, double roundTrip)
    {
        Func<double, double> rate = kind switch
        {
            "waves" => time => (int)(time / 10) % 2 == 0 ? linkRate : linkRate / 20,
            "fading" => time => linkRate * Math.Exp(-time / 15),
            "pauses" => time => time % 15 < 12.5 ? linkRate : 1,
            "collapse" => time => time < 20 ? linkRate : linkRate / 20,
            _ => _ => linkRate,
        };
        using SwarmFixture swarm = Large(linkRate * 60);
        var model = new LinkModel(swarm);
        LinkModel.ModelledPeer peer = model.Connect(1, rate, roundTrip, 10_000);
        peer.Unchoke();
        int timeouts = 0;
        for (int i = 0; i < 60; i++)
        {
            model.Run(1);
            timeouts += swarm.StatusOf(peer.Peer).Flags.HasFlag(PeerFlags.Snubbed) ? 1 : 0;
        }

        Assert.Equal(0, timeouts);
        Assert.InRange(swarm.Status.Wasted, 0, 2 * SwarmFixture.Block);
    }

    [Fact]
    public void A_peer_that_falls_silent_is_given_up_within_seconds()
    {
        using SwarmFixture swarm = Large(100_000_000);
        var model = new LinkModel(swarm);
        LinkModel.ModelledPeer peer = model.Connect(1, time => time < 20 ? 1_000_000 : 0.001, 0.1, 10_000);
        peer.Unchoke();
        model.Run(20);
        Assert.NotEmpty(peer.Peer.Asked);

        model.Run(10);

        Assert.True(swarm.StatusOf(peer.Peer).Flags.HasFlag(PeerFlags.Snubbed));
        Assert.InRange(swarm.StatusOf(peer.Peer).RequestsOut, 0, 1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Peers_of_very_different_rates_and_distances_end_a_download_together_and_waste_under_one_percent(
        int seed)
    {
        var random = new Random(seed);
        using SwarmFixture swarm = new SwarmFixture(
            pieces: 400, blocksPerPiece: 16, with: s => s with
            {
                Torrent =
                s.Torrent with { Strategy = PieceStrategy.RarestFirst }
            }, seed: seed).Start();
        var model = new LinkModel(swarm);
        double total = 0;
        for (int i = 1; i <= 12; i++)
        {
            // From 20 kB/s to 2 MB/s, and from 5 to 500 ms.
            double rate = 20_000 * Math.Pow(100, random.NextDouble());
            double roundTrip = 0.005 * Math.Pow(100, random.NextDouble());
            total += rate;
            model.Connect(i, _ => rate, roundTrip).Unchoke();
        }

        model.Run(600, () => swarm.State != TorrentState.Downloading);

        Assert.Equal(TorrentState.Seeding, swarm.State);
        double ideal = swarm.Geometry.TotalLength / total;
        Assert.InRange(model.Now, 0, (1.1 * ideal) + 5);
        Assert.InRange(swarm.Status.Wasted, 0, swarm.Geometry.TotalLength / 100);
    }

    private static SwarmFixture Large(double bytes) =>
        new SwarmFixture(pieces: (int)(bytes / (16 * SwarmFixture.Block)) + 2, blocksPerPiece: 16).Start();
}
