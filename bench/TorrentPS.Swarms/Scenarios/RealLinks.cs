using System.Globalization;
using TorrentPS.Engine;
using TorrentPS.Swarms.Namespaces;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>
/// Does the simulation tell the truth? Ten real processes on shaped links, and the same ten simulated: what a choker saves of our upload
/// and of our time must be the same within 15 %.
/// </summary>
internal sealed class RealLinks : IScenario
{
    private const double Tolerance = 0.15;

    /// <summary>Real processes can't be repeated from a seed: the mean of a few runs is compared with what is usual.</summary>
    private const int SimulatedSeeds = 9;

    /// <summary>Each swarm has a network of its own; three of them together take less than half of two cores.</summary>
    private const int SwarmsAtOnce = 3;

    private static readonly ChokerKind[] s_chokers = [ChokerKind.Naive, ChokerKind.TitForTat, ChokerKind.Strategic];

    public string Name => "links";

    public string Question => "Do ten real processes on shaped links come to what the simulation says? Needs root, and about ten minutes.";

    /// <summary>How many times each swarm of processes runs; the mean counts.</summary>
    public int Runs { get; set; } = 3;

    public ScenarioResult Run(int seed, TextWriter? progress)
    {
        var real = new Dictionary<ChokerKind, PeerOutcome>();
        var simulated = new Dictionary<ChokerKind, PeerOutcome>();
        foreach (ChokerKind choker in s_chokers)
        {
            simulated[choker] = Mean(Enumerable.Range(seed, SimulatedSeeds).Select(number =>
            {
                progress?.WriteLine($"ours {choker}, simulated with seed {number}");
                return SmallSwarm.Simulate(choker, number, progress);
            }));
        }

        foreach (ChokerKind choker in s_chokers)
        {
            real[choker] = Mean(Enumerable.Range(0, Runs).Chunk(SwarmsAtOnce).SelectMany(numbers =>
            {
                progress?.WriteLine($"ours {choker}, real, runs {numbers[0] + 1} to {numbers[^1] + 1}, load {Load()}");
                return Task.WhenAll(numbers.Select(number => SmallSwarm.RunAsync(choker, seed + number, progress))).GetAwaiter().GetResult();
            }));
        }

        var details = new DetailTable(
            ["our choker", "completion real, s", "simulated, s", "upload real, MiB", "simulated, MiB", "saved real", "simulated", "time ratio real", "simulated"],
            [.. s_chokers.Select(choker => Row(choker, real, simulated))]);
        return new ScenarioResult(Name, seed, details, [
            new Figure("uploadSaved", "upload saved by the default choker, real", 1 - UploadRatio(real, ChokerKind.TitForTat)),
            new Figure("timeRatio", "its completion time over naive's, real", TimeRatio(real, ChokerKind.TitForTat)),
            new Figure("uploadGap", "its upload over naive's: real against simulated", Gap(UploadRatio, ChokerKind.TitForTat), Goal.AtMost(Tolerance)),
            new Figure("timeGap", "its time over naive's: real against simulated", Gap(TimeRatio, ChokerKind.TitForTat), Goal.AtMost(Tolerance)),
            new Figure("strategicUploadGap", "the same of Strategic's upload", Gap(UploadRatio, ChokerKind.Strategic), Goal.AtMost(Tolerance)),
            new Figure("strategicTimeGap", "the same of Strategic's time", Gap(TimeRatio, ChokerKind.Strategic), Goal.AtMost(Tolerance)),
        ]);

        double Gap(Func<Dictionary<ChokerKind, PeerOutcome>, ChokerKind, double> ratio, ChokerKind choker) =>
            Math.Abs((ratio(real, choker) / ratio(simulated, choker)) - 1);
    }

    private static PeerOutcome Mean(IEnumerable<PeerOutcome> runs)
    {
        PeerOutcome[] outcomes = [.. runs];
        return new PeerOutcome(outcomes.Average(outcome => outcome.Seconds), (long)outcomes.Average(outcome => outcome.Uploaded));
    }

    private static double UploadRatio(Dictionary<ChokerKind, PeerOutcome> outcomes, ChokerKind choker) =>
        (double)outcomes[choker].Uploaded / outcomes[ChokerKind.Naive].Uploaded;

    private static double TimeRatio(Dictionary<ChokerKind, PeerOutcome> outcomes, ChokerKind choker) =>
        outcomes[choker].Seconds / outcomes[ChokerKind.Naive].Seconds;

    private static string[] Row(ChokerKind choker, Dictionary<ChokerKind, PeerOutcome> real, Dictionary<ChokerKind, PeerOutcome> simulated) => [
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

    /// <summary>How busy the machine is: processes that want to run, over the last minute. Far more than it has cores distort a real run.</summary>
    private static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];
}
