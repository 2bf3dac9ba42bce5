using System.Globalization;
using TorrentPS.Engine;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>
/// Measures the CPU time and allocation of the piece picker. The only scenario whose results depend on this machine.
/// </summary>
internal sealed class Cost : IScenario
{
    public string Name => "cost";

    public string Question =>
        "What do picking and accounting of a block, and a bitfield, cost with 100,000 pieces and 200 peers?";

    public ScenarioResult Run(int seed, TextWriter? progress)
    {
        PieceStrategy[] strategies = Enum.GetValues<PieceStrategy>();
        PickerCost[] costs = [.. strategies.Select(strategy => PickerCost.Measure(strategy, seed))];
        return new ScenarioResult(
            Name,
            seed,
            new DetailTable(
                ["strategy", "a block, ns", "allocated for it, bytes", "a bitfield, ms"],
                [.. strategies.Zip(costs, (strategy, cost) => (IReadOnlyList<string>)[
                    strategy.ToString(),
                    Number(cost.NanosecondsPerBlock, "0"),
                    Number(cost.BytesPerBlock, "0.000"),
                    Number(cost.BitfieldMilliseconds, "0.00"),
                ])]),
            [
                new Figure(
                    "nanosecondsPerBlock",
                    "picking and accounting of a block with the dearest strategy, ns",
                    costs.Max(cost => cost.NanosecondsPerBlock),
                    Goal.AtMost(1000)),
                new Figure(
                    "bytesPerBlock",
                    "allocated for it (a record for each further piece in progress, kept), bytes",
                    costs.Max(cost => cost.BytesPerBlock),
                    Goal.AtMost(0.01)),
                new Figure(
                    "bitfieldMilliseconds",
                    "taking a bitfield, with the pick that follows, ms",
                    costs.Max(cost => cost.BitfieldMilliseconds),
                    Goal.AtMost(1)),
            ]);
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
