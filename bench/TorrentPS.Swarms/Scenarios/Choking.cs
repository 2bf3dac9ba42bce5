using System.Globalization;
using TorrentPS.Engine;
using TorrentPS.Simulation;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;
using TorrentPS.Simulation.Misbehaviour;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>
/// Measures how much upload, and how much time, this client's choker saves until it completes, compared with one that
/// unchokes every peer. The swarm has 60 peers with mixed uplinks; a third of the others are free riders, the rest use
/// tit for tat. The result is the mean of three swarms.
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

    /// <summary>Upload bandwidth of the measured peer in Mbit/s, neither among the slowest nor the fastest.</summary>
    private const double MeasuredUp = 10;

    private const double SeedUp = 20;

    public string Name => "choking";

    public string Question =>
        "How much upload and time does a choker save, compared with unchoking every peer?";

    public ScenarioResult Run(int seed, TextWriter? progress)
    {
        // The upload saved by one swarm varies by ten percentage points with the random bandwidths and connections. The
        // swarms are independent.
        int[] swarms = [.. Enumerable.Range(((seed - 1) * SwarmsPerSeed) + 1, SwarmsPerSeed)];
        Trial[] trials =
        [
            new(swarms[0], ChokerKind.Strategic, ChokerKind.Strategic, ToTheEnd: true),
            new(swarms[0], ChokerKind.TitForTat, ChokerKind.TitForTat, ToTheEnd: true),
            .. swarms.SelectMany(swarm => new Trial[]
            {
                new(swarm, ChokerKind.Naive, ChokerKind.TitForTat),
                new(swarm, ChokerKind.Strategic, ChokerKind.TitForTat),
            }),
            .. swarms.Skip(1).Select(swarm => new Trial(swarm, ChokerKind.TitForTat, ChokerKind.TitForTat)),
        ];
        int parallel = Math.Min(Environment.ProcessorCount, trials.Length);
        Dictionary<Trial, Outcome> outcomes = trials.AsParallel()
            .WithDegreeOfParallelism(parallel)
            .Select(trial => (trial, outcome: RunOne(trial, progress)))
            .ToDictionary(pair => pair.trial, pair => pair.outcome);
        Outcome NaiveOf(int swarm) => outcomes[new Trial(swarm, ChokerKind.Naive, ChokerKind.TitForTat)];
        Comparison Mean(ChokerKind choker)
        {
            var of = outcomes.Where(
                pair => pair.Key.Measured == choker && pair.Key.Others == ChokerKind.TitForTat).ToList();
            return new Comparison(
                of.Average(pair => Saved(pair.Value, NaiveOf(pair.Key.Swarm))),
                of.Average(pair => pair.Value.Completion / NaiveOf(pair.Key.Swarm).Completion));
        }

        Comparison strategic = Mean(ChokerKind.Strategic);
        Comparison titForTat = Mean(ChokerKind.TitForTat);
        var details = new DetailTable(
            [
                "swarm", "choker", "others' choker", "completion, s", "upload, MiB", "saved", "time ratio",
                "contributors' completion, s", "free riders' rate / contributors'",
            ],
            [.. trials.OrderBy(trial => trial.Swarm)
                .ThenBy(trial => trial.Others)
                .ThenBy(trial => (trial.Measured != ChokerKind.Naive, trial.Measured))
                .Select(trial => Row(trial, outcomes[trial], NaiveOf(trial.Swarm)))]);
        return new ScenarioResult(Name, seed, details, [
            new Figure("uploadSaved", "upload saved by Strategic", strategic.Saved, Goal.AtLeast(0.4)),
            new Figure("timeRatio", "completion time of Strategic / Naive", strategic.TimeRatio, Goal.AtMost(1)),
            new Figure("titForTatUploadSaved", "upload saved by TitForTat, the default", titForTat.Saved),
            new Figure("titForTatTimeRatio", "completion time of TitForTat / Naive", titForTat.TimeRatio),
            new Figure(
                "allStrategicCost",
                "contributors' mean completion time, all Strategic / all TitForTat",
                outcomes[trials[0]].Contributors / outcomes[trials[1]].Contributors),
        ]);
    }

    private static double Saved(Outcome one, Outcome naive) => 1 - ((double)one.Uploaded / naive.Uploaded);

    private static string[] Row(Trial trial, Outcome outcome, Outcome naive) => [
        trial.Swarm.ToString(CultureInfo.InvariantCulture),
        trial.Measured == ChokerKind.TitForTat ? "TitForTat (default)" : trial.Measured.ToString(),
        trial.Others.ToString(),
        Number(outcome.Completion, "0"),
        Number(outcome.Uploaded / 1048576.0, "0"),
        Number(100 * Saved(outcome, naive), "0") + " %",
        Number(outcome.Completion / naive.Completion, "0.00"),
        Number(outcome.Contributors, "0"),
        Number(outcome.RidersPart, "0.00"),
    ];

    private static string Number(double value, string format) =>
        double.IsNaN(value) ? "–" : value.ToString(format, CultureInfo.InvariantCulture);

    private static Outcome RunOne(Trial trial, TextWriter? progress)
    {
        (int swarm, ChokerKind choker, ChokerKind others, bool toTheEnd) = trial;
        progress?.WriteLine($"swarm {swarm}, measured peer {choker}, others {others}");
        var world = new World(swarm, Size, PieceLength);
        world.Add(new MachineSettings
        {
            Name = "seed",
            Access = Access.Megabits(SeedUp, Down),
            IsSeed = true,
            Configure = settings => settings with { Torrent = settings.Torrent with { Choker = others } },
        });
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
                Behaviour = rides ? new FreeRider() : Behaviour.Normal,
                StaysAfterCompletion = 0,
                MaxPeers = 60,
                Configure = settings => settings with { Torrent = settings.Torrent with { Choker = others } },
            });
            (rides ? riders : contributors).Add(machine);
        }

        Machine measured = world.Add(new MachineSettings
        {
            Name = "measured",
            Access = Access.Megabits(MeasuredUp, Down),
            Arrival = 5,
            StaysAfterCompletion = 0,
            MaxPeers = 60,
            Configure = settings => settings with { Torrent = settings.Torrent with { Choker = choker } },
        });
        var watch = new Watch(world, progress);
        world.Run(
            () => watch.Look() && measured.CompletedAt is not null
                && (!toTheEnd || contributors.All(machine => machine.CompletedAt is not null)),
            GiveUp);
        double time = (measured.CompletedAt ?? double.NaN) - 5;
        return new Outcome(
            time,
            measured.SentAtCompletion,
            toTheEnd ? Mean(contributors) : double.NaN,
            toTheEnd ? Rate(riders, world) / Rate(contributors, world) : double.NaN);
    }

    private static double Mean(List<Machine> machines) =>
        machines.Select(machine => machine.CompletedAt).OfType<double>().DefaultIfEmpty(double.NaN).Average();

    /// <summary>Returns the mean download rate over each machine's time in the swarm, in bytes/s.</summary>
    private static double Rate(List<Machine> machines, World world) =>
        machines.Average(machine => machine.Status.Completed / (machine.CompletedAt ?? world.Time.Seconds));

    /// <summary>
    /// A run of one swarm, until the measured peer completes or, with <see cref="ToTheEnd"/>, until all
    /// contributors complete.
    /// </summary>
    private sealed record Trial(int Swarm, ChokerKind Measured, ChokerKind Others, bool ToTheEnd = false);

    private sealed record Comparison(double Saved, double TimeRatio);

    private sealed record Outcome(double Completion, long Uploaded, double Contributors, double RidersPart);
}
