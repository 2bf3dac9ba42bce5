using System.Globalization;
using TorrentPS.Engine;
using TorrentPS.Swarms.Namespaces;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>
/// Compares the simulation with ten real processes on shaped links. The upload and time that a choker saves must agree
/// within 15 %.
/// </summary>
internal sealed class RealLinks : IScenario
{
    private const double Tolerance = 0.15;

    /// <summary>
    /// Number of simulated swarms. Real runs are not repeatable, so the mean of a few is compared with the simulation's
    /// mean.
    /// </summary>
    private const int SimulatedSeeds = 9;

    /// <summary>
    /// Swarms of processes run at the same time. Each has its own network; three use less than half of two cores.
    /// </summary>
    private const int SwarmsAtOnce = 3;

    private static readonly ChokerKind[] s_chokers = [ChokerKind.Naive, ChokerKind.TitForTat, ChokerKind.Strategic];

    public string Name => "links";

    public string Question =>
        "Do ten real processes on shaped links agree with the simulation? Needs root and about ten minutes.";

    /// <summary>Number of runs of each swarm of processes. The result is their mean.</summary>
    public int Runs { get; set; } = 3;

    public ScenarioResult Run(int seed, TextWriter? progress)
    {
        var real = new Dictionary<ChokerKind, PeerOutcome>();
        var simulated = new Dictionary<ChokerKind, PeerOutcome>();
        foreach (ChokerKind choker in s_chokers)
        {
            simulated[choker] = Mean(Enumerable.Range(seed, SimulatedSeeds).Select(number =>
            {
                progress?.WriteLine($"measured peer {choker}, simulated with seed {number}");
                return SmallSwarm.Simulate(choker, number, progress);
            }));
        }

        foreach (ChokerKind choker in s_chokers)
        {
            real[choker] = Mean(Enumerable.Range(0, Runs).Chunk(SwarmsAtOnce).SelectMany(numbers =>
            {
                progress?.WriteLine(
                    $"measured peer {choker}, real, runs {numbers[0] + 1} to {numbers[^1] + 1}, load {Load()}");
                IEnumerable<Task<PeerOutcome>> runs =
                    numbers.Select(number => SmallSwarm.RunAsync(choker, seed + number, progress));
                return Task.WhenAll(runs).GetAwaiter().GetResult();
            }));
        }

        var details = new DetailTable(
            [
                "choker", "real completion, s", "simulated, s", "real upload, MiB", "simulated, MiB",
                "real saving", "simulated", "real time ratio", "simulated",
            ],
            [.. s_chokers.Select(choker => Row(choker, real, simulated))]);
        return new ScenarioResult(Name, seed, details, [
            new Figure(
                "uploadSaved", "upload saved by the default choker, real", 1 - UploadRatio(real, ChokerKind.TitForTat)),
            new Figure(
                "timeRatio",
                "completion time of the default choker / Naive, real",
                TimeRatio(real, ChokerKind.TitForTat)),
            new Figure(
                "uploadGap",
                "upload of the default choker / Naive, real against simulated",
                Gap(UploadRatio, ChokerKind.TitForTat),
                Goal.AtMost(Tolerance)),
            new Figure(
                "timeGap",
                "its completion time / Naive, real against simulated",
                Gap(TimeRatio, ChokerKind.TitForTat),
                Goal.AtMost(Tolerance)),
            new Figure(
                "strategicUploadGap",
                "upload of Strategic / Naive, real against simulated",
                Gap(UploadRatio, ChokerKind.Strategic),
                Goal.AtMost(Tolerance)),
            new Figure(
                "strategicTimeGap",
                "completion time of Strategic / Naive, real against simulated",
                Gap(TimeRatio, ChokerKind.Strategic),
                Goal.AtMost(Tolerance)),
        ]);

        double Gap(Func<Dictionary<ChokerKind, PeerOutcome>, ChokerKind, double> ratio, ChokerKind choker) =>
            Math.Abs((ratio(real, choker) / ratio(simulated, choker)) - 1);
    }

    private static PeerOutcome Mean(IEnumerable<PeerOutcome> runs)
    {
        PeerOutcome[] outcomes = [.. runs];
        return new PeerOutcome(
            outcomes.Average(outcome => outcome.Seconds), (long)outcomes.Average(outcome => outcome.Uploaded));
    }

    private static double UploadRatio(Dictionary<ChokerKind, PeerOutcome> outcomes, ChokerKind choker) =>
        (double)outcomes[choker].Uploaded / outcomes[ChokerKind.Naive].Uploaded;

    private static double TimeRatio(Dictionary<ChokerKind, PeerOutcome> outcomes, ChokerKind choker) =>
        outcomes[choker].Seconds / outcomes[ChokerKind.Naive].Seconds;

    private static string[] Row(
        ChokerKind choker, Dictionary<ChokerKind, PeerOutcome> real, Dictionary<ChokerKind, PeerOutcome> simulated) =>
        [
        choker.ToString(),
        Number(real[choker].Seconds, "0.0"),
        Number(simulated[choker].Seconds, "0.0"),
        Number(real[choker].Uploaded / 1048576.0, "0.0"),
        Number(simulated[choker].Uploaded / 1048576.0, "0.0"),
        Number(100 * (1 - UploadRatio(real, choker)), "0.0") + " %",
        Number(100 * (1 - UploadRatio(simulated, choker)), "0.0") + " %",
        Number(TimeRatio(real, choker), "0.00"),
        Number(TimeRatio(simulated, choker), "0.00"),
    ];

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>
    /// Returns the system's load average over the last minute. A load far above the number of cores distorts a real
    /// run.
    /// </summary>
    private static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];
}
