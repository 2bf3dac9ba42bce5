using System.Globalization;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Simulation;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;
using TorrentPS.Simulation.Misbehaviour;
using TorrentPS.Swarms.Reporting;

namespace TorrentPS.Swarms.Scenarios;

/// <summary>A fifth of the swarm is out to harm it: wrong blocks, promises not kept, pieces claimed and not had, floods of requests.</summary>
internal sealed class Hostility : IScenario
{
    private const int Good = 48;
    private const int OfEachKind = 3;
    private const long Size = 256L << 20;
    private const int PieceLength = 256 * 1024;
    private const double GiveUp = 3600;

    public string Name => "hostility";

    public string Question => "A fifth of the swarm are corrupters, stallers, liars and flooders: does our peer complete, at what waste, and whom does it ban?";

    public ScenarioResult Run(int seed, TextWriter? progress)
    {
        var world = new World(seed, Size, PieceLength, carriesPayload: true);
        world.Add(new MachineSettings { Name = "seed", Access = Access.Megabits(20, 100), IsSeed = true });
        Machine[] crowd = [.. Enumerable.Range(0, Good).Select(_ => world.Add(Peer(world)))];
        var kinds = new (string Name, Func<Manners> Manners)[]
        {
            ("corrupters", () => new Corrupter(new Random(world.Random.Next()), 0.5)),
            ("stallers", () => new Staller(world.Random.Next(2) == 0 ? null : 100)),
            ("liars", () => new Liar(hasOneIn: 4)),
            ("flooders", () => new Flooder(requestsPerSecond: 500)),
        };
        var hostile = kinds.ToDictionary(
            kind => kind.Name,
            kind => Enumerable.Range(0, OfEachKind).Select(_ => world.Add(Peer(world) with { Name = kind.Name, IsSeed = true, Manners = kind.Manners() })).ToArray());

        Machine us = crowd[0];
        int mostBlocks = 0, mostQueued = 0, mostRequests = 0;
        var watch = new Watch(world, progress);
        world.Run(
            () =>
            {
                watch.Look();
                mostBlocks = Math.Max(mostBlocks, us.BlocksHeld);
                mostQueued = Math.Max(mostQueued, us.Links.Select(link => link.QueuedBlocks).DefaultIfEmpty(0).Max());
                mostRequests = Math.Max(mostRequests, us.Peers().Sum(peer => peer.RequestsOut));
                return crowd.All(machine => machine.CompletedAt is not null);
            },
            GiveUp);

        Machine[] corrupters = hostile["corrupters"];
        int banned = crowd.Sum(machine => machine.WrongedBy.Count(machine.Banned.Contains));
        int wronged = crowd.Sum(machine => machine.WrongedBy.Count);
        var innocent = crowd.SelectMany(machine => machine.Banned).Where(machine => !corrupters.Contains(machine)).ToArray();
        double worst = crowd.Max(Waste);
        var rows = hostile.Select(kind => (IReadOnlyList<string>)[
            kind.Key,
            Number(kind.Value.Sum(machine => machine.Uplink.Sent) / 1048576.0, "0"),
            crowd.Sum(machine => machine.Banned.Count(kind.Value.Contains)).ToString(CultureInfo.InvariantCulture),
        ]).Append(["good peers", Number(crowd.Sum(machine => machine.Uplink.Sent) / 1048576.0, "0"), innocent.Count(crowd.Contains).ToString(CultureInfo.InvariantCulture)]);
        return new ScenarioResult(Name, seed, new DetailTable(["kind", "sent, MiB", "bans of them by good peers"], [.. rows]), [
            new Figure("completed", "our peer completes", us.CompletedAt is null ? 0 : 1, Goal.AtLeast(1)),
            new Figure("completion", "when, s", us.CompletedAt ?? double.NaN),
            new Figure("allCompleted", "share of the good peers that complete", crowd.Count(machine => machine.CompletedAt is not null) / (double)Good, Goal.AtLeast(1)),
            new Figure("wasted", "our bytes wasted or wrong, share of the content", Waste(us), Goal.AtMost(0.03)),
            new Figure("wastedWorst", "the same of the good peer that fared worst", worst),
            new Figure("corruptersBanned", "bans of corrupters, share of the pairs in which one sent wrong blocks", wronged == 0 ? 1 : banned / (double)wronged, Goal.AtLeast(1)),
            new Figure("ourCorruptersBanned", "the same, of our peer alone", us.WrongedBy.Count == 0 ? 1 : us.WrongedBy.Count(us.Banned.Contains) / (double)us.WrongedBy.Count, Goal.AtLeast(1)),
            new Figure("innocentBanned", "good peers banned by anybody", innocent.Count(crowd.Contains), Goal.AtMost(0)),
            new Figure("mostBlocks", "most blocks in our memory", mostBlocks, Goal.AtMost(PoolBlocks)),
            new Figure("mostQueued", "longest queue of requests by one peer", mostQueued, Goal.AtMost(UploadHandler.MaxQueuedRequests)),
            new Figure("mostRequests", "most of our requests under way", mostRequests),
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
