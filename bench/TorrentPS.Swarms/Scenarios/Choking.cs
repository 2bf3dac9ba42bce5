using System.Globalization;
using TorrentPS.Engine;
using TorrentPS.Simulation;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;
using TorrentPS.Simulation.Misbehaviour;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>
/// One peer of ours in a swarm of 60 with mixed uplinks, a third of them free riders, all others tit for tat: what does its choker save
/// of its upload until it has everything, and in what time, beside a choker that unchokes everybody? The mean of three such swarms counts.
/// </summary>
internal sealed class Choking : IScenario
{
    private const int SwarmsPerSeed = 3;
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
        // One swarm is luck: who is fast, and who finds whom, moves the saving by a tenth either way. The swarms know nothing of each other.
        int[] swarms = [.. Enumerable.Range(((seed - 1) * SwarmsPerSeed) + 1, SwarmsPerSeed)];
        Trial[] trials =
        [
            new(swarms[0], ChokerKind.Strategic, ChokerKind.Strategic, ToTheEnd: true),
            new(swarms[0], ChokerKind.TitForTat, ChokerKind.TitForTat, ToTheEnd: true),
            .. swarms.SelectMany(swarm => new Trial[] { new(swarm, ChokerKind.Naive, ChokerKind.TitForTat), new(swarm, ChokerKind.Strategic, ChokerKind.TitForTat) }),
            .. swarms.Skip(1).Select(swarm => new Trial(swarm, ChokerKind.TitForTat, ChokerKind.TitForTat)),
        ];
        Dictionary<Trial, Outcome> outcomes = trials.AsParallel().WithDegreeOfParallelism(Math.Min(Environment.ProcessorCount, trials.Length))
            .Select(trial => (trial, outcome: RunOne(trial, progress)))
            .ToDictionary(pair => pair.trial, pair => pair.outcome);
        Outcome NaiveOf(int swarm) => outcomes[new Trial(swarm, ChokerKind.Naive, ChokerKind.TitForTat)];
        Comparison Mean(ChokerKind ours)
        {
            var of = outcomes.Where(pair => pair.Key.Ours == ours && pair.Key.Others == ChokerKind.TitForTat).ToList();
            return new Comparison(
                of.Average(pair => Saved(pair.Value, NaiveOf(pair.Key.Swarm))),
                of.Average(pair => pair.Value.Completion / NaiveOf(pair.Key.Swarm).Completion));
        }

        Comparison strategic = Mean(ChokerKind.Strategic);
        Comparison titForTat = Mean(ChokerKind.TitForTat);
        var details = new DetailTable(
            ["swarm", "our choker", "the others'", "our completion, s", "our upload, MiB", "saved", "time ratio", "contributors' completion, s", "free riders' rate over contributors'"],
            [.. trials.OrderBy(trial => trial.Swarm).ThenBy(trial => trial.Others).ThenBy(trial => (trial.Ours != ChokerKind.Naive, trial.Ours)).Select(trial => Row(trial, outcomes[trial], NaiveOf(trial.Swarm)))]);
        return new ScenarioResult(Name, seed, details, [
            new Figure("uploadSaved", "upload saved by Strategic, the choice of who wants to save", strategic.Saved, Goal.AtLeast(0.4)),
            new Figure("timeRatio", "its completion time over naive's", strategic.TimeRatio, Goal.AtMost(1)),
            new Figure("titForTatUploadSaved", "upload saved by TitForTat, the default", titForTat.Saved),
            new Figure("titForTatTimeRatio", "its completion time over naive's", titForTat.TimeRatio),
            new Figure("allStrategicCost", "contributors' mean completion when all are Strategic over all TitForTat", outcomes[trials[0]].Contributors / outcomes[trials[1]].Contributors),
        ]);
    }

    private static double Saved(Outcome one, Outcome naive) => 1 - ((double)one.Uploaded / naive.Uploaded);

    private static string[] Row(Trial trial, Outcome outcome, Outcome naive) => [
        trial.Swarm.ToString(CultureInfo.InvariantCulture),
        trial.Ours == ChokerKind.TitForTat ? "TitForTat (default)" : trial.Ours.ToString(),
        trial.Others.ToString(),
        Number(outcome.Completion, "0"),
        Number(outcome.Uploaded / 1048576.0, "0"),
        Number(100 * Saved(outcome, naive), "0") + " %",
        Number(outcome.Completion / naive.Completion, "0.00"),
        Number(outcome.Contributors, "0"),
        Number(outcome.RidersPart, "0.00"),
    ];

    private static string Number(double value, string format) => double.IsNaN(value) ? "–" : value.ToString(format, CultureInfo.InvariantCulture);

    private static Outcome RunOne(Trial trial, TextWriter? progress)
    {
        (int swarm, ChokerKind ours, ChokerKind others, bool toTheEnd) = trial;
        progress?.WriteLine($"swarm {swarm}, ours {ours}, the others {others}");
        var world = new World(swarm, Size, PieceLength);
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
        world.Run(() => watch.Look() && us.CompletedAt is not null && (!toTheEnd || contributors.All(machine => machine.CompletedAt is not null)), GiveUp);
        double ourTime = (us.CompletedAt ?? double.NaN) - 5;
        return new Outcome(
            ourTime,
            us.SentAtCompletion,
            toTheEnd ? Mean(contributors) : double.NaN,
            toTheEnd ? Rate(riders, world) / Rate(contributors, world) : double.NaN);
    }

    private static double Mean(List<Machine> machines) =>
        machines.Where(machine => machine.CompletedAt is not null).Select(machine => machine.CompletedAt!.Value).DefaultIfEmpty(double.NaN).Average();

    /// <summary>What each got on average while it was there, in bytes/s.</summary>
    private static double Rate(List<Machine> machines, World world) =>
        machines.Average(machine => machine.Status.Completed / (machine.CompletedAt ?? world.Time.Seconds));

    /// <summary>One run: until ours has everything, or until all contributors have.</summary>
    private sealed record Trial(int Swarm, ChokerKind Ours, ChokerKind Others, bool ToTheEnd = false);

    private sealed record Comparison(double Saved, double TimeRatio);

    private sealed record Outcome(double Completion, long Uploaded, double Contributors, double RidersPart);
}
