using System.Globalization;
using TorrentPS.Simulation.Utp;

namespace TorrentPS.Simulation.Tests.Utp;

/// <summary>
/// uTP on simulated links. The congestion window was tuned on seeds 101 and 102 only. Goodput is payload as a part of
/// the link's rate; headers take 3.2 % of it. The seed chooses lost packets
/// and jitter: runs without them are equal for all seeds.
/// </summary>
public sealed class UtpLinkTests
{
    private const double WarmUp = 10;
    private const double Measured = 110;

    private static readonly UtpLinkSettings s_fast = new();
    private static readonly UtpLinkSettings s_slow = new() { BitsPerSecond = 1e6, QueueBytes = 64_000 };

    public static TheoryData<int> Seeds => [1, 2, 3, 11, 12, 13];

    [Fact]
    public void Goodput_without_loss_is_95_percent_and_the_queue_stays_short()
    {
        const int seed = 1;
        foreach (UtpLinkSettings link in (UtpLinkSettings[])[s_fast, s_slow, s_fast with { Delay = 0.001 }])
        {
            var world = new UtpWorld(link, seed);
            UtpFlow flow = world.AddUtp();
            world.Run(WarmUp);
            double goodput = world.Measure(Measured, flow)[0] / link.BitsPerSecond;
            Holds(goodput >= 0.95, goodput, seed);
            Holds(world.Waits.Max() < 0.12, world.Waits.Max(), seed);
            Assert.False(flow.IsCorrupt);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Goodput_with_1_percent_loss_is_limited_by_the_link_or_by_the_formula(int seed)
    {
        // The window of 9 packets that fills this link is smaller than the 12 packets that 1 % loss allows.
        var world = new UtpWorld(s_slow with { Loss = 0.01 }, seed);
        UtpFlow flow = world.AddUtp();
        world.Run(WarmUp);
        double goodput = world.Measure(3 * Measured, flow)[0] / s_slow.BitsPerSecond;
        Holds(goodput >= 0.87, goodput, seed);

        // A window that is halved at each loss and grows by a packet per round-trip time has sqrt(3 / 2 / loss)
        // packets on average.
        const double packet = 1452 * 8, loss = 0.01, roundTrip = 0.1;
        double formula = packet * Math.Sqrt(1.5 / loss) / roundTrip;
        world = new UtpWorld(s_fast with { Loss = loss }, seed);
        flow = world.AddUtp();
        world.Run(WarmUp);
        double rate = world.Measure(3 * Measured, flow)[0];
        Holds(rate >= 0.9 * formula, rate / formula, seed);
        Assert.False(flow.IsCorrupt);
    }

    [Fact]
    public void A_tcp_flow_keeps_90_percent_beside_utp()
    {
        const int seed = 1;
        foreach (bool isCubic in (bool[])[false, true])
        {
            var world = new UtpWorld(s_fast, seed);
            IFlow tcp = world.AddTcp(isCubic);
            world.Run(WarmUp);
            double alone = world.Measure(Measured, tcp)[0];
            world = new UtpWorld(s_fast, seed);
            tcp = world.AddTcp(isCubic);
            world.Run(WarmUp);
            world.AddUtp();
            double beside = world.Measure(Measured, tcp)[0];
            Holds(beside >= 0.9 * alone, beside / alone, seed);
        }
    }

    [Fact]
    public void Two_flows_share_a_link_within_10_percent()
    {
        const int seed = 1;
        foreach (double lead in (double[])[0, 10, 30])
        {
            var world = new UtpWorld(s_fast, seed);
            UtpFlow first = world.AddUtp();
            world.Run(lead);
            UtpFlow second = world.AddUtp();
            world.Run(60);
            double[] rates = world.Measure(120, first, second);
            Holds(rates.Min() >= 0.9 * rates.Max(), rates.Min() / rates.Max(), seed);
            Holds(rates.Sum() >= 0.95 * s_fast.BitsPerSecond, rates.Sum() / s_fast.BitsPerSecond, seed);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_byte_arrives_over_a_bad_link(int seed)
    {
        const long length = 2_000_000;
        var world = new UtpWorld(s_fast with { Loss = 0.03, Jitter = 0.02 }, seed);
        UtpFlow flow = world.AddUtp(length);
        world.Run(300);
        Holds(flow.Received == length && !flow.IsCorrupt, flow.Received, seed);
        Assert.Equal(Engine.Transport.Utp.UtpState.Closed, flow.Sender.State);
        Assert.Equal(System.Net.Sockets.SocketError.Success, flow.Sender.Error);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Reordered_packets_are_seldom_taken_for_lost(int seed)
    {
        var world = new UtpWorld(s_fast with { Jitter = 0.01 }, seed);
        UtpFlow flow = world.AddUtp();
        world.Run(WarmUp);
        double goodput = world.Measure(Measured, flow)[0] / s_fast.BitsPerSecond;
        Holds(goodput >= 0.85, goodput, seed);
        Holds(flow.Sender.Retransmissions < 20, flow.Sender.Retransmissions, seed);
    }

    private static void Holds(bool condition, double figure, int seed)
    {
        if (!condition)
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{figure:0.000} (seed {seed})"));
    }
}
