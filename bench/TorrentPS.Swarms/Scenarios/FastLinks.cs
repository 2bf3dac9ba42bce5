using System.Globalization;
using TorrentPS.Simulation;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>
/// Measures whether outstanding requests fill the link to a distant seed, for a very fast link and for a slow one with
/// high latency.
/// </summary>
internal sealed class FastLinks : IScenario
{
    /// <summary>Seconds after the first block that are not measured, for slow start.</summary>
    private const double Warm = 5;

    private const double Measured = 15;

    public string Name => "fastlinks";

    public string Question => "Do requests fill 1 Gbit/s over 100 ms, and 2 Mbit/s over 300 ms?";

    public ScenarioResult Run(int seed, TextWriter? progress)
    {
        Line fast = Measure(seed, megabits: 1000, roundTripMilliseconds: 100, pieceLength: 4 << 20, progress);
        Line slow = Measure(seed, megabits: 2, roundTripMilliseconds: 300, pieceLength: 256 << 10, progress);
        return new ScenarioResult(
            Name,
            seed,
            new DetailTable(
                ["link", "round trip", "rate after 5 s, MB/s", "use", "most outstanding requests", "their wait, s"],
                [Row("1 Gbit/s", "100 ms", fast), Row("2 Mbit/s", "300 ms", slow)]),
            [
                new Figure("fastUse", "use of 1 Gbit/s over 100 ms after the first 5 s", fast.Use, Goal.AtLeast(0.9)),
                new Figure("slowUse", "use of 2 Mbit/s over 300 ms after the first 5 s", slow.Use, Goal.AtLeast(0.9)),
            ]);
    }

    private static string[] Row(string line, string roundTrip, Line measured) => [
        line,
        roundTrip,
        (measured.Rate / 1e6).ToString("0.00", CultureInfo.InvariantCulture),
        (100 * measured.Use).ToString("0.0", CultureInfo.InvariantCulture) + " %",
        measured.MostRequests.ToString(CultureInfo.InvariantCulture),
        measured.QueueSeconds.ToString("0.0", CultureInfo.InvariantCulture),
    ];

    private static Line Measure(
        int seed, double megabits, double roundTripMilliseconds, int pieceLength, TextWriter? progress)
    {
        Access access = Access.Megabits(megabits, megabits, roundTripMilliseconds / 4);
        long size = (long)(access.Down * (Warm + Measured) * 2) / pieceLength * pieceLength;
        var world = new World(seed, size, pieceLength);
        world.Add(new MachineSettings { Name = "seed", Access = access, IsSeed = true });
        Machine leech = world.Add(new MachineSettings { Name = "leech", Access = access });
        world.Run(() => leech.FirstBlockAt is not null, 60);
        double begin = world.Time.Seconds + Warm;
        int most = 0;
        long before = 0;
        world.Run(
            () =>
            {
                int requests = leech.Peers().Sum(peer => peer.RequestsOut);
                most = Math.Max(most, requests);
                double rateNow = leech.Peers().Sum(peer => peer.DownloadRate);
                progress?.WriteLine(FormattableString.Invariant(
                    $"{world.Time.Seconds:0.00} s: {leech.Downlink.Received / 1e6:0.0} MB, ")
                    + FormattableString.Invariant($"{requests} requests, {rateNow / 1e6:0.0} MB/s"));
                if (world.Time.Seconds <= begin)
                    before = leech.Downlink.Received;
                return false;
            },
            begin + Measured);
        double rate = (leech.Downlink.Received - before) / Measured;
        return new Line(rate, rate / access.Down, most, most * 16384 / access.Down);
    }

    private sealed record Line(double Rate, double Use, int MostRequests, double QueueSeconds);
}
