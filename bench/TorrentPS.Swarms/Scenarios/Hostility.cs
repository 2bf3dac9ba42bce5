using System.Globalization;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Simulation;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;
using TorrentPS.Simulation.Misbehaviour;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>
/// Measures a swarm in which a fifth of the peers is hostile: corrupt blocks, requests not served, claimed pieces that
/// are missing, and floods of requests.
/// </summary>
internal sealed class Hostility : IScenario
{
    private const int Good = 48;
    private const int OfEachKind = 3;
    private const long Size = 256L << 20;
    private const int PieceLength = 256 * 1024;
    private const double GiveUp = 3600;

    public string Name => "hostility";

    public string Question =>
        "A fifth of the swarm is hostile: does the measured peer complete, at what waste, and which peers are banned?";

    public ScenarioResult Run(int seed, TextWriter? progress)
    {
        var world = new World(seed, Size, PieceLength, carriesPayload: true);
        world.Add(new MachineSettings { Name = "seed", Access = Access.Megabits(20, 100), IsSeed = true });
        Machine[] crowd = [.. Enumerable.Range(0, Good).Select(_ => world.Add(Peer(world)))];
        var kinds = new (string Name, Func<Behaviour> Behaviour)[]
        {
            ("corrupters", () => new Corrupter(new Random(world.Random.Next()), 0.5)),
            ("stallers", () => new Staller(world.Random.Next(2) == 0 ? null : 100)),
            ("liars", () => new Liar(hasOneIn: 4)),
            ("flooders", () => new Flooder(requestsPerSecond: 500)),
        };
        Machine AddHostile(string name, Func<Behaviour> behaviour) =>
            world.Add(Peer(world) with { Name = name, IsSeed = true, Behaviour = behaviour() });
        var hostile = kinds.ToDictionary(
            kind => kind.Name,
            kind => Enumerable.Range(0, OfEachKind).Select(_ => AddHostile(kind.Name, kind.Behaviour)).ToArray());

        Machine measured = crowd[0];
        int mostBlocks = 0, mostQueued = 0, mostRequests = 0;
        var watch = new Watch(world, progress);
        world.Run(
            () =>
            {
                watch.Look();
                mostBlocks = Math.Max(mostBlocks, measured.BlocksHeld);
                mostQueued = Math.Max(
                    mostQueued, measured.Links.Select(link => link.QueuedBlocks).DefaultIfEmpty(0).Max());
                mostRequests = Math.Max(mostRequests, measured.Peers().Sum(peer => peer.RequestsOut));
                return crowd.All(machine => machine.CompletedAt is not null);
            },
            GiveUp);

        Machine[] corrupters = hostile["corrupters"];
        int banned = crowd.Sum(machine => machine.CorruptedBy.Count(machine.Banned.Contains));
        int corrupted = crowd.Sum(machine => machine.CorruptedBy.Count);
        Machine[] innocent = [.. crowd.SelectMany(machine => machine.Banned)
            .Where(machine => !corrupters.Contains(machine))];
        double worst = crowd.Max(Waste);
        var rows = hostile.Select(kind => (IReadOnlyList<string>)[
            kind.Key,
            Number(kind.Value.Sum(machine => machine.Uplink.Sent) / 1048576.0, "0"),
            crowd.Sum(machine => machine.Banned.Count(kind.Value.Contains)).ToString(CultureInfo.InvariantCulture),
        ]);
        string[] goodRow =
        [
            "good peers",
            Number(crowd.Sum(machine => machine.Uplink.Sent) / 1048576.0, "0"),
            innocent.Count(crowd.Contains).ToString(CultureInfo.InvariantCulture),
        ];
        var details = new DetailTable(["kind", "sent, MiB", "bans by good peers"], [.. rows, goodRow]);
        return new ScenarioResult(Name, seed, details, [
            new Figure(
                "completed", "the measured peer completes", measured.CompletedAt is null ? 0 : 1, Goal.AtLeast(1)),
            new Figure("completion", "its completion time, s", measured.CompletedAt ?? double.NaN),
            new Figure(
                "allCompleted",
                "share of the good peers that complete",
                crowd.Count(machine => machine.CompletedAt is not null) / (double)Good,
                Goal.AtLeast(1)),
            new Figure("wasted", "its wasted and corrupt bytes / content", Waste(measured), Goal.AtMost(0.03)),
            new Figure("wastedWorst", "the highest such share of a good peer", worst),
            new Figure(
                "corruptersBanned",
                "banned corrupters / pairs in which one sent corrupt blocks",
                corrupted == 0 ? 1 : banned / (double)corrupted,
                Goal.AtLeast(1)),
            new Figure(
                "ourCorruptersBanned",
                "the same for the measured peer",
                measured.CorruptedBy.Count == 0
                    ? 1
                    : measured.CorruptedBy.Count(measured.Banned.Contains) / (double)measured.CorruptedBy.Count,
                Goal.AtLeast(1)),
            new Figure(
                "innocentBanned", "good peers banned by good peers", innocent.Count(crowd.Contains), Goal.AtMost(0)),
            new Figure("mostBlocks", "most blocks in its memory", mostBlocks, Goal.AtMost(PoolBlocks)),
            new Figure(
                "mostQueued",
                "longest request queue of one peer",
                mostQueued,
                Goal.AtMost(UploadHandler.MaxQueuedRequests)),
            new Figure("mostRequests", "its most outstanding requests", mostRequests),
        ]);
    }

    private static int PoolBlocks => new BlockPool(Machine.BlockMemory).Capacity;

    private static double Waste(Machine machine) => (machine.Status.Wasted + machine.Status.HashFailed) / (double)Size;

    private static MachineSettings Peer(World world) => new()
    {
        Name = "good",
        Access = Access.Megabits(4 + (12 * world.Random.NextDouble()), 100, 10 + (40 * world.Random.NextDouble())),
        Arrival = 10 * world.Random.NextDouble(),
        MaxPeers = 60,
    };

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
