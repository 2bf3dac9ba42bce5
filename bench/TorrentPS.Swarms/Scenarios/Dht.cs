using System.Globalization;
using TorrentPS.Simulation.Dht;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>
/// Measures whether DHT searches find announced peers despite lost packets, leaving nodes and hostile nodes, and what a
/// node costs.
/// </summary>
internal sealed class Dht : IScenario
{
    /// <summary>
    /// Time of the first search in seconds. All nodes have joined and filled their routing tables by then.
    /// </summary>
    private const double SearchesBegin = 180;

    /// <summary>
    /// Time of the last search in seconds. By then all peers have announced again, and two fifths of the nodes that
    /// stored the first announces have left.
    /// </summary>
    private const double SearchesEnd = SearchesBegin + (16 * 60);

    private const int Searches = 1000;

    public string Name => "dht";

    public string Question =>
        "Do DHT searches find announced peers among 2,000 changing nodes, with packet loss and hostile nodes? "
        + "What does a node cost?";

    public ScenarioResult Run(int seed, TextWriter? progress)
    {
        DhtRun honest = DhtRun.Of(
            new DhtWorld(seed, new DhtWorldSettings()), SearchesBegin, SearchesEnd, Searches, progress);
        DhtRun hostile = DhtRun.Of(
            new DhtWorld(seed, new DhtWorldSettings { HostileShare = 0.1 }),
            SearchesBegin,
            SearchesEnd,
            Searches,
            progress);
        double rate = DhtQueryRate.Measure(seed);
        return new ScenarioResult(
            Name,
            seed,
            new DetailTable(
                [
                    "2,000 nodes", "searches", "found any", "peers found", "median, s", "to the first peer, s",
                    "95 %, s", "hops", "most hops", "queries", "KiB/node",
                ],
                [Row("10 % loss, mean life 30 min", honest), Row("also 10 % hostile", hostile)]),
            [
                new Figure("found", "announced peers found", honest.PeersFound, Goal.AtLeast(0.99)),
                new Figure("hops", "maximum hops of a search", honest.MostHops, Goal.AtMost(8)),
                new Figure("medianSeconds", "median duration of a search, s", honest.MedianSeconds, Goal.AtMost(3)),
                new Figure(
                    "foundAmongHostile",
                    "announced peers found with 10 % hostile nodes",
                    hostile.PeersFound,
                    Goal.AtLeast(0.95)),
                new Figure("kibibytesPerNode", "memory of a node, KiB", honest.BytesPerNode / 1024, Goal.AtMost(1024)),
                new Figure(
                    "queriesPerSecond",
                    "queries answered by one core of this machine, 1/s",
                    rate,
                    Goal.AtLeast(50_000)),
            ]);
    }

    private static IReadOnlyList<string> Row(string what, DhtRun run) =>
    [
        what,
        Number(run.Searches, "0"),
        Number(run.SearchesThatFound, "0.0000"),
        Number(run.PeersFound, "0.0000"),
        Number(run.MedianSeconds, "0.00"),
        Number(run.MedianToFirst, "0.00"),
        Number(run.Seconds95, "0.00"),
        Number(run.MeanHops, "0.0"),
        Number(run.MostHops, "0"),
        Number(run.MeanQueries, "0"),
        Number(run.BytesPerNode / 1024, "0"),
    ];

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
