using TorrentPS.Engine;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;
using TorrentPS.Simulation.Misbehaviour;

namespace TorrentPS.Simulation.Tests;

/// <summary>What whole swarms come to by the policies of their peers, in small; the bench program measures the same in large.</summary>
public sealed class SwarmTests : SeededRun
{
    [Theory]
    [InlineData(1000, 100, 4 << 20)]
    [InlineData(2, 300, 256 << 10)]
    public void Requests_fill_a_long_line_from_the_fifth_second_on(double megabits, double roundTripMilliseconds, int pieceLength)
    {
        Access access = Access.Megabits(megabits, megabits, roundTripMilliseconds / 4);
        World world = Begin(1, (long)(access.Down * 20) / pieceLength * pieceLength, pieceLength);
        world.Add(new MachineSettings { Access = access, IsSeed = true });
        Machine leech = world.Add(new MachineSettings { Access = access });
        world.Run(() => leech.FirstBlockAt is not null, 10);
        world.Run(world.Time.Seconds + 5);
        long before = leech.Downlink.Received;
        world.Run(world.Time.Seconds + 5);
        double use = (leech.Downlink.Received - before) / 5.0 / access.Down;
        Holds(use > 0.9, $"Only {100 * use:0} % of the line were used.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void It_pays_to_give(int seed)
    {
        World world = Begin(seed, 1L << 30, 1 << 20);
        world.Add(Peer(world, 40) with { IsSeed = true });
        Machine[] contributors = [.. Enumerable.Range(0, 20).Select(_ => world.Add(Peer(world, 8)))];
        Machine[] riders = [.. Enumerable.Range(0, 10).Select(_ => world.Add(Peer(world, 8) with { Behaviour = new FreeRider() }))];
        world.Run(300);
        double given = contributors.Average(machine => (double)machine.Status.Downloaded);
        double ridden = riders.Average(machine => (double)machine.Status.Downloaded);
        Holds(ridden < given / 2, $"Free riders got {ridden / given:0.00} of what contributors got.");
        Holds(ridden > 0, "Somebody new must get something, or nobody could ever begin.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_swarm_outlives_a_seed_that_leaves_after_one_copy_and_a_half(int seed)
    {
        World world = Begin(seed, 64L << 20);
        Machine source = world.Add(Peer(world, 8) with { IsSeed = true });
        Machine[] leeches = [.. Enumerable.Range(0, 30).Select(_ => world.Add(Peer(world, 8)))];
        bool AreComplete() => leeches.All(leech => leech.CompletedAt is not null);
        world.Run(() => source.Uplink.Sent >= 1.5 * world.Geometry.TotalLength || AreComplete(), 600);
        source.Leave();
        Holds(
            world.Run(AreComplete, 1200),
            $"After {(double)source.Uplink.Sent / world.Geometry.TotalLength:0.00} copies "
            + $"{world.Geometry.PieceCount - leeches.Max(leech => leech.Status.PiecesHave)} pieces were lost.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Newcomers_get_their_first_block_within_forty_seconds(int seed)
    {
        World world = Begin(seed, 1L << 30, 1 << 20);
        world.Add(Peer(world, 8) with { IsSeed = true });
        for (int i = 0; i < 20; i++)
            world.Add(Peer(world, 8));
        Machine[] newcomers = [.. Enumerable.Range(0, 5).Select(i => world.Add(Peer(world, 8) with { Arrival = 60 + (20 * i) }))];
        world.Run(200);
        for (int i = 0; i < newcomers.Length; i++)
        {
            Holds(
                newcomers[i].FirstBlockAt - (60 + (20 * i)) < 40,
                $"Newcomer {i} got its first block at {newcomers[i].FirstBlockAt:0.0} s.");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_end_of_a_download_wastes_under_one_percent(int seed)
    {
        World world = Begin(seed, 64L << 20);
        for (int i = 0; i < 10; i++)
            world.Add(Peer(world, 0.5 * Math.Pow(1.6, i)) with { IsSeed = true });
        Machine leech = world.Add(Peer(world, 8));
        Holds(world.Run(() => leech.CompletedAt is not null, 300), "The download never ended.");
        double waste = (double)leech.Status.Wasted / world.Geometry.TotalLength;
        Holds(waste < 0.01, $"{100 * waste:0.00} % came twice.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_hostile_fifth_is_withstood(int seed)
    {
        World world = Begin(seed, 64L << 20, carriesPayload: true);
        world.Add(Peer(world, 8) with { IsSeed = true });
        Machine[] good = [.. Enumerable.Range(0, 16).Select(_ => world.Add(Peer(world, 8)))];
        Machine corrupter = world.Add(Peer(world, 8) with { IsSeed = true, Behaviour = new Corrupter(new Random(seed), 0.5) });
        world.Add(Peer(world, 8) with { IsSeed = true, Behaviour = new Staller() });
        world.Add(Peer(world, 8) with { IsSeed = true, Behaviour = new Staller(oneIn: 100) });
        world.Add(Peer(world, 8) with { IsSeed = true, Behaviour = new Liar(hasOneIn: 4) });
        world.Add(Peer(world, 8) with { Behaviour = new Flooder(requestsPerSecond: 500) });
        world.Add(Peer(world, 8) with { Behaviour = new Churner(everySeconds: 5) });
        Holds(world.Run(() => good.All(machine => machine.CompletedAt is not null), 900), "Not every good peer completed.");
        foreach (Machine machine in good)
        {
            double waste = (double)(machine.Status.Wasted + machine.Status.HashFailed) / world.Geometry.TotalLength;
            Holds(waste < 0.03, $"{machine.Name} wasted {100 * waste:0.0} %.");
            Holds(machine.CorruptedBy.IsSubsetOf(machine.Banned), $"{machine.Name} did not ban a peer that sent it corrupt blocks.");
            Holds(machine.Banned.All(banned => banned == corrupter), $"{machine.Name} banned a peer that sent it no corrupt blocks.");
        }
    }

    [Fact]
    public void A_swarm_without_slots_to_choose_serves_everybody()
    {
        World world = Begin(1, 16L << 20);
        Machine source = world.Add(Peer(world, 80) with
        {
            IsSeed = true,
            Configure = settings => settings with { Torrent = settings.Torrent with { Choker = ChokerKind.Naive } },
        });
        Machine[] leeches = [.. Enumerable.Range(0, 30).Select(_ => world.Add(Peer(world, 0)))];
        world.Run(10);
        Holds(source.Links.Count == leeches.Length && source.Links.All(link => link.Traffic.PayloadSent > 0), "Somebody was left out.");
    }

    private static MachineSettings Peer(World world, double up) => new()
    {
        Access = Access.Megabits(up, 100, 10 + (40 * world.Random.NextDouble())),
        Arrival = 5 * world.Random.NextDouble(),
    };
}
