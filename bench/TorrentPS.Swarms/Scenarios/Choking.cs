using System.Globalization;
using TorrentPS.Engine.Policy;
using TorrentPS.Simulation;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;
using TorrentPS.Simulation.Misbehaviour;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>
/// One peer of ours in a swarm of 60 with mixed uplinks, a third of them free riders, all others tit for tat: what does its choker save
/// of its upload until it has everything, and in what time, beside a choker that unchokes everybody?
/// </summary>
internal sealed class Choking : IScenario
{
    private const int Others = 59;
    private const int FreeRiders = 20;
    private const long Size = 512L << 20;
    private const int PieceLength = 512 * 1024;
    private const double SlowestUp = 1, FastestUp = 20, Down = 100;
    private const double GiveUp = 7200;

    /// <summary>Ours is neither among the slowest nor the fastest.</summary>
    private const double OurUp = 10;

    private const double SeedUp = 20;

    public string Name => "choking";

    public string Question => "What does a choker save of our upload, and of our time, beside one that unchokes everybody?";

    public ScenarioResult Run(int seed, TextWriter? progress)
    {
        Outcome naive = RunOne(seed, ChokerKind.Naive, ChokerKind.TitForTat, progress);
        Outcome titForTat = RunOne(seed, ChokerKind.TitForTat, ChokerKind.TitForTat, progress);
        Outcome strategic = RunOne(seed, ChokerKind.Strategic, ChokerKind.TitForTat, progress);
        Outcome allStrategic = RunOne(seed, ChokerKind.Strategic, ChokerKind.Strategic, progress);
        var details = new DetailTable(
            ["our choker", "the others'", "our completion, s", "our upload, MiB", "saved", "time ratio", "contributors' completion, s", "free riders' rate over contributors'"],
            [Row("Naive", naive, naive), Row("TitForTat (default)", titForTat, naive), Row("Strategic", strategic, naive), Row("Strategic", allStrategic, naive)]);
        return new ScenarioResult(Name, seed, details, [
            new Figure("uploadSaved", "upload saved by Strategic, the choice of who wants to save", Saved(strategic, naive), Goal.AtLeast(0.4)),
            new Figure("timeRatio", "its completion time over naive's", strategic.Completion / naive.Completion, Goal.AtMost(1)),
            new Figure("titForTatUploadSaved", "upload saved by TitForTat, the default", Saved(titForTat, naive)),
            new Figure("titForTatTimeRatio", "its completion time over naive's", titForTat.Completion / naive.Completion),
            new Figure("allStrategicCost", "contributors' mean completion when all are Strategic over all TitForTat", allStrategic.Contributors / titForTat.Contributors),
        ]);
    }

    private static double Saved(Outcome one, Outcome naive) => 1 - ((double)one.Uploaded / naive.Uploaded);

    private static string[] Row(string choker, Outcome outcome, Outcome naive) => [
        choker,
        outcome.Others.ToString(),
        Number(outcome.Completion, "0"),
        Number(outcome.Uploaded / 1048576.0, "0"),
        Number(100 * Saved(outcome, naive), "0") + " %",
        Number(outcome.Completion / naive.Completion, "0.00"),
        Number(outcome.Contributors, "0"),
        Number(outcome.RidersPart, "0.00"),
    ];

    private static string Number(double value, string format) => double.IsNaN(value) ? "–" : value.ToString(format, CultureInfo.InvariantCulture);

    private static Outcome RunOne(int seed, ChokerKind ours, ChokerKind others, TextWriter? progress)
    {
        progress?.WriteLine($"ours {ours}, the others {others}");
        var world = new World(seed, Size, PieceLength);
        world.Add(new MachineSettings { Name = "seed", Access = Access.Megabits(SeedUp, Down), IsSeed = true, Configure = settings => settings with { Choker = others } });
        var contributors = new List<Machine>();
        var riders = new List<Machine>();
        for (int i = 0; i < Others; i++)
        {
            bool rides = i < FreeRiders;
            double up = SlowestUp * Math.Pow(FastestUp / SlowestUp, world.Random.NextDouble());
            Machine machine = world.Add(new MachineSettings
            {
                Name = rides ? "rider" : "other",
                Access = Access.Megabits(up, Down, 10 + (40 * world.Random.NextDouble())),
                Arrival = 10 * world.Random.NextDouble(),
                Manners = rides ? new FreeRider() : Manners.Good,
                StaysAfterCompletion = 0,
                MaxPeers = 60,
                Configure = settings => settings with { Choker = others },
            });
            (rides ? riders : contributors).Add(machine);
        }

        Machine us = world.Add(new MachineSettings
        {
            Name = "ours",
            Access = Access.Megabits(OurUp, Down),
            Arrival = 5,
            StaysAfterCompletion = 0,
            MaxPeers = 60,
            Configure = settings => settings with { Choker = ours },
        });
        var watch = new Watch(world, progress);
        world.Run(() => watch.Look() && us.CompletedAt is not null && contributors.All(machine => machine.CompletedAt is not null), GiveUp);
        double ourTime = (us.CompletedAt ?? double.NaN) - 5;
        return new Outcome(others, ourTime, us.SentAtCompletion, Mean(contributors), Rate(riders, world) / Rate(contributors, world));
    }

    private static double Mean(List<Machine> machines) =>
        machines.Where(machine => machine.CompletedAt is not null).Select(machine => machine.CompletedAt!.Value).DefaultIfEmpty(double.NaN).Average();

    /// <summary>What each got on average while it was there, in bytes/s.</summary>
    private static double Rate(List<Machine> machines, World world) =>
        machines.Average(machine => machine.Status.Completed / (machine.CompletedAt ?? world.Time.Seconds));

    private sealed record Outcome(ChokerKind Others, double Completion, long Uploaded, double Contributors, double RidersPart);
}
