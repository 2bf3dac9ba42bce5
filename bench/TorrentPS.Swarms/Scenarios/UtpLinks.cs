using System.Globalization;
using TorrentPS.Simulation.Utp;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>Measures how uTP uses a link: alone, with loss, beside TCP, and beside another uTP connection.</summary>
internal sealed class UtpLinks : IScenario
{
    private const double WarmUp = 10;
    private const double Measured = 110;

    private static readonly UtpLinkSettings s_link = new();

    private static readonly UtpLinkSettings s_slow = new() { BitsPerSecond = 1e6, QueueBytes = 64_000 };

    public string Name => "utp";

    public string Question => "Does uTP fill a link, and give way to TCP, in a round-trip time of 100 ms?";

    public ScenarioResult Run(int seed, TextWriter? progress)
    {
        (double goodput, double wait) = Alone(s_link, seed);
        (double slow, double slowWait) = Alone(s_slow, seed);
        (double lossy, _) = Alone(s_slow with { Loss = 0.01 }, seed);
        (double limited, double limitedWait) = Alone(s_link with { Loss = 0.01 }, seed);
        double reno = Beside(isCubic: false, seed);
        double cubic = Beside(isCubic: true, seed);
        double share = Share(seed);
        return new ScenarioResult(
            Name,
            seed,
            new DetailTable(
                ["link, 100 ms", "goodput / rate", "longest queue, ms"],
                [
                    Row("20 Mbit/s", goodput, wait),
                    Row("1 Mbit/s", slow, slowWait),
                    Row("20 Mbit/s, 1 % loss", limited, limitedWait),
                ]),
            [
                new Figure("goodput", "goodput on 20 Mbit/s", goodput, Goal.AtLeast(0.95)),
                new Figure("goodputSlow", "goodput on 1 Mbit/s", slow, Goal.AtLeast(0.95)),
                new Figure("goodputLossy", "goodput on 1 Mbit/s with 1 % loss", lossy, Goal.AtLeast(0.87)),
                new Figure("queue", "longest added queueing delay, s", Math.Max(wait, slowWait), Goal.AtMost(0.12)),
                new Figure("besideReno", "what a Reno flow keeps beside uTP", reno, Goal.AtLeast(0.9)),
                new Figure("besideCubic", "what a CUBIC flow keeps beside uTP", cubic, Goal.AtLeast(0.9)),
                new Figure("share", "slower of two uTP connections / faster", share, Goal.AtLeast(0.9)),
            ]);
    }

    private static (double Goodput, double Wait) Alone(UtpLinkSettings link, int seed)
    {
        var world = new UtpWorld(link, seed);
        UtpFlow flow = world.AddUtp();
        world.Run(WarmUp);
        double rate = world.Measure(Measured, flow)[0];
        return (rate / link.BitsPerSecond, world.Waits.Max());
    }

    private static double Beside(bool isCubic, int seed)
    {
        double[] rates = new double[2];
        for (int utp = 0; utp < 2; utp++)
        {
            var world = new UtpWorld(s_link, seed);
            TcpFlow tcp = world.AddTcp(isCubic);
            world.Run(WarmUp);
            if (utp == 1)
                world.AddUtp();
            rates[utp] = world.Measure(Measured, tcp)[0];
        }

        return rates[1] / rates[0];
    }

    private static double Share(int seed)
    {
        var world = new UtpWorld(s_link, seed);
        UtpFlow first = world.AddUtp();
        world.Run(WarmUp);
        UtpFlow second = world.AddUtp();
        world.Run(60);
        double[] rates = world.Measure(Measured, first, second);
        return rates.Min() / rates.Max();
    }

    private static IReadOnlyList<string> Row(string link, double goodput, double wait) =>
    [
        link,
        goodput.ToString("0.000", CultureInfo.InvariantCulture),
        (wait * 1000).ToString("0", CultureInfo.InvariantCulture),
    ];
}
