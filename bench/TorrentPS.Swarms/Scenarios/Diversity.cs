using System.Globalization;
using TorrentPS.Engine;
using TorrentPS.Simulation;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>
/// Measures whether all pieces remain in the swarm when the only seed leaves after uploading 1.3 copies.
/// </summary>
internal sealed class Diversity : IScenario
{
    private const int Runs = 20;
    private const int Leeches = 40;
    private const long Size = 64L << 20;
    private const int PieceLength = 256 * 1024;
    private const double Copies = 1.3;

    /// <summary>Seconds without progress after which a swarm is given up.</summary>
    private const double Stuck = 120;

    private const double GiveUp = 3600;

    public string Name => "diversity";

    public string Question =>
        "The seed leaves after uploading 1.3 copies: in how many of 20 swarms do all peers complete?";

    public ScenarioResult Run(int seed, TextWriter? progress)
    {
        var rows = new List<IReadOnlyList<string>>();
        var shares = new Dictionary<PieceStrategy, double>();
        foreach (PieceStrategy strategy in Enum.GetValues<PieceStrategy>())
        {
            Outcome[] outcomes = [
                .. Enumerable.Range(0, Runs).Select(run => RunOne((seed * 1000) + run, strategy, progress))
            ];
            shares[strategy] = outcomes.Count(outcome => outcome.IsComplete) / (double)Runs;
            double lastCompletion = outcomes.Where(outcome => outcome.IsComplete)
                .Select(outcome => outcome.Time)
                .DefaultIfEmpty(double.NaN)
                .Average();
            rows.Add([
                strategy.ToString(),
                $"{outcomes.Count(outcome => outcome.IsComplete)} of {Runs}",
                outcomes.Average(outcome => outcome.Copies).ToString("0.00", CultureInfo.InvariantCulture),
                outcomes.Average(outcome => outcome.PiecesLost).ToString("0.0", CultureInfo.InvariantCulture),
                lastCompletion.ToString("0", CultureInfo.InvariantCulture),
            ]);
        }

        return new ScenarioResult(
            Name,
            seed,
            new DetailTable(
                ["strategy", "swarms complete", "copies uploaded", "mean pieces lost", "mean last completion, s"],
                rows),
            [.. shares.Select(share => new Figure(
                char.ToLowerInvariant(share.Key.ToString()[0]) + share.Key.ToString()[1..],
                $"share of swarms that complete with {share.Key}",
                share.Value,
                share.Key == PieceStrategy.RarestFirst ? Goal.AtLeast(0.95) : null))]);
    }

    private static Outcome RunOne(int seed, PieceStrategy strategy, TextWriter? progress)
    {
        var world = new World(seed, Size, PieceLength);
        Machine source = world.Add(
            new MachineSettings { Name = "seed", Access = Access.Megabits(8, 80), IsSeed = true });
        Machine[] leeches = [.. Enumerable.Range(0, Leeches).Select(_ => world.Add(new MachineSettings
        {
            Access = Access.Megabits(8, 80, 10 + (40 * world.Random.NextDouble())),
            Arrival = 30 * world.Random.NextDouble(),
            Strategy = strategy,
        }))];
        bool AreComplete() => leeches.All(leech => leech.CompletedAt is not null);

        // A swarm may complete before the seed has sent 1.3 copies.
        world.Run(() => source.Uplink.Sent >= Copies * Size || AreComplete(), GiveUp);
        source.Leave();
        long least = -1;
        double since = world.Time.Seconds;
        world.Run(
            () =>
            {
                long have = leeches.Sum(leech => (long)leech.Status.PiecesHave);
                if (have > least)
                    (least, since) = (have, world.Time.Seconds);
                return AreComplete() || world.Time.Seconds - since > Stuck;
            },
            GiveUp);
        bool complete = AreComplete();
        int lost = world.Geometry.PieceCount - leeches.Max(leech => leech.Status.PiecesHave);
        string outcome = complete ? "complete" : $"{lost} pieces lost";
        progress?.WriteLine(FormattableString.Invariant(
            $"{strategy}, seed {seed}: {outcome} at {world.Time.Seconds:0} s"));
        return new Outcome(
            complete, lost, source.Uplink.Sent / (double)Size, leeches.Max(leech => leech.CompletedAt ?? double.NaN));
    }

    private sealed record Outcome(bool IsComplete, int PiecesLost, double Copies, double Time);
}
