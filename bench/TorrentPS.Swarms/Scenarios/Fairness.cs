using System.Globalization;
using TorrentPS.Simulation;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;
using TorrentPS.Simulation.Misbehaviour;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>
/// Measures whether a seed serves all peers equally, how soon new peers get their first block, and what free riders
/// get.
/// </summary>
internal sealed class Fairness : IScenario
{
    private const int PieceLength = 1 << 20;

    public string Name => "fairness";

    public string Question =>
        "Does a seed serve equal peers equally, when do new peers get a first block, and what do free riders get?";

    public ScenarioResult Run(int seed, TextWriter? progress)
    {
        Shares shares = MeasureShares(seed, progress);
        Society society = MeasureSociety(seed, progress);
        return new ScenarioResult(
            Name,
            seed,
            new DetailTable(
                ["measured", "least", "mean", "most"],
                [
                    Row(
                        "from the seed to one of 20 equal peers in 30 min, MiB",
                        shares.Given.Select(bytes => bytes / 1048576.0)),
                    Row("a new peer's first block after, s", society.FirstBlocks),
                    Row("a contributor's rate, kB/s", society.Contributors.Select(rate => rate / 1000)),
                    Row("a free rider's rate, kB/s", society.Riders.Select(rate => rate / 1000)),
                ]),
            [
                new Figure(
                    "shareDeviation",
                    "largest deviation from the fair share of the seed",
                    shares.LargestDeviation,
                    Goal.AtMost(0.05)),
                new Figure(
                    "firstBlock",
                    "longest wait of a new peer for its first block, s",
                    society.FirstBlocks.Max(),
                    Goal.AtMost(40)),
                new Figure(
                    "riderShare",
                    "mean rate of free riders / contributors",
                    society.Riders.Average() / society.Contributors.Average(),
                    Goal.AtMost(0.5)),
            ]);
    }

    private static string[] Row(string name, IEnumerable<double> values)
    {
        double[] all = [.. values];
        return [name, Text(all.Min()), Text(all.Average()), Text(all.Max())];
    }

    private static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>Runs twenty equal peers with one seed for half an hour, in which none completes.</summary>
    private static Shares MeasureShares(int seed, TextWriter? progress)
    {
        const int Peers = 20;
        const double HalfHour = 1800;
        var world = new World(seed, 4L << 30, PieceLength);
        Machine source = world.Add(
            new MachineSettings { Name = "seed", Access = Access.Megabits(20, 100), IsSeed = true });
        Machine[] peers = [.. Enumerable.Range(0, Peers)
            .Select(_ => world.Add(new MachineSettings { Access = Access.Megabits(4, 100) }))];
        var watch = new Watch(world, progress, period: 300);
        world.Run(() => !watch.Look(), HalfHour);
        double SentTo(Machine peer) =>
            source.Links.Where(link => link.Remote.Owner == peer).Sum(link => link.Traffic.PayloadSent);
        return new Shares([.. peers.Select(SentTo)]);
    }

    /// <summary>
    /// Runs contributors and half as many free riders. New peers join once all others are downloading.
    /// </summary>
    private static Society MeasureSociety(int seed, TextWriter? progress)
    {
        const int Contributors = 40, Riders = 20, NewPeers = 10;
        const double Settled = 120, Between = 30, End = 600;
        var world = new World(seed, 2L << 30, PieceLength);
        world.Add(new MachineSettings { Name = "seed", Access = Access.Megabits(40, 100), IsSeed = true });
        Machine[] contributors = [
            .. Enumerable.Range(0, Contributors).Select(_ => world.Add(Peer(world, new Behaviour())))
        ];
        Machine[] riders = [.. Enumerable.Range(0, Riders).Select(_ => world.Add(Peer(world, new FreeRider())))];
        Machine[] newPeers = [.. Enumerable.Range(0, NewPeers)
            .Select(i => world.Add(Peer(world, new Behaviour()) with { Arrival = Settled + (i * Between) }))];
        var watch = new Watch(world, progress, period: 60);
        world.Run(() => !watch.Look(), End);
        return new Society(
            [.. newPeers.Select(
                (machine, i) => (machine.FirstBlockAt ?? double.PositiveInfinity) - (Settled + (i * Between)))],
            [.. contributors.Select(machine => machine.Status.Downloaded / End)],
            [.. riders.Select(machine => machine.Status.Downloaded / End)]);
    }

    private static MachineSettings Peer(World world, Behaviour behaviour) => new()
    {
        Access = Access.Megabits(8, 100, 10 + (40 * world.Random.NextDouble())),
        Arrival = 10 * world.Random.NextDouble(),
        Behaviour = behaviour,
        MaxPeers = 60,
    };

    private sealed record Shares(double[] Given)
    {
        public double LargestDeviation => Given.Max(one => Math.Abs((one / Given.Average()) - 1));
    }

    private sealed record Society(double[] FirstBlocks, double[] Contributors, double[] Riders);
}
