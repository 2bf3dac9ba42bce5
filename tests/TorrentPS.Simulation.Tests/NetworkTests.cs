using TorrentPS.Simulation.Disks;
using TorrentPS.Simulation.Links;
using TorrentPS.Simulation.Machines;
using TorrentPS.Simulation.Misbehaviour;

namespace TorrentPS.Simulation.Tests;

/// <summary>The simulator itself: what its links, disks and machines do can be told by sums on paper.</summary>
public sealed class NetworkTests
{
    private const long Size = 16L << 20;
    private const int PieceLength = 256 * 1024;

    [Fact]
    public void One_leech_takes_as_long_as_the_seeds_uplink_needs()
    {
        var world = new World(1, Size, PieceLength);
        world.Add(Seed(8));
        Machine leech = world.Add(Leech(8));
        Assert.True(world.Run(() => leech.CompletedAt is not null, 60));
        Assert.InRange(leech.CompletedAt!.Value, Size / 1e6, (Size / 1e6 * 1.05) + 1);
    }

    [Fact]
    public void Leeches_of_a_full_uplink_get_equal_shares()
    {
        var world = new World(1, Size, PieceLength);
        world.Add(Seed(8));
        Machine[] leeches = [.. Enumerable.Range(0, 4).Select(_ => world.Add(Leech(up: 0)))];
        world.Run(30);
        double mean = leeches.Average(leech => leech.Status.Downloaded);
        Assert.True(mean > 5e6, $"only {mean:0} bytes each");
        Assert.All(leeches, leech => Assert.InRange(leech.Status.Downloaded, 0.9 * mean, 1.1 * mean));
    }

    [Fact]
    public void The_downlink_is_the_limit_where_it_is_slower()
    {
        var world = new World(1, Size, PieceLength);
        world.Add(Seed(80));
        Machine leech = world.Add(new MachineSettings { Access = Access.Megabits(8, 8) });
        Assert.True(world.Run(() => leech.CompletedAt is not null, 60));
        Assert.InRange(leech.CompletedAt!.Value, Size / 1e6, (Size / 1e6 * 1.05) + 1);
    }

    [Fact]
    public void A_full_disk_pauses_the_torrent_and_loses_nothing()
    {
        var world = new World(1, Size, PieceLength);
        world.Add(Seed(80));
        Machine leech = world.Add(Leech(8) with { Disk = new DiskSettings { Capacity = Size / 2 } });
        world.Run(30);
        Assert.Equal(Engine.TorrentState.Paused, leech.Status.State);
        Assert.Equal(Engine.TorrentFaultId.DiskFull, leech.Status.Fault?.Id);
        Assert.Equal(Size / 2, leech.Status.Completed);
        leech.SetDiskCapacity(Size);
        leech.Resume();
        Assert.True(
            world.Run(() => leech.CompletedAt is not null, 120),
            $"{leech.Status.State} at {leech.Status.Progress} %, seed {world.Seed}");
    }

    [Fact]
    public void A_slow_disk_slows_the_download_to_its_rate()
    {
        var world = new World(1, Size, PieceLength, carriesPayload: true);
        world.Add(Seed(80));
        Machine leech = world.Add(Leech(8) with { Disk = new DiskSettings { WriteRate = 1e6 } });
        Assert.True(world.Run(() => leech.CompletedAt is not null, 60));
        Assert.InRange(leech.CompletedAt!.Value, Size / 1e6, (Size / 1e6) + 3);
    }

    [Fact]
    public void Broken_connections_are_made_again()
    {
        var world = new World(1, Size, PieceLength) { MeanConnectionLife = 5 };
        world.Add(Seed(8));
        Machine[] leeches = [.. Enumerable.Range(0, 5).Select(_ => world.Add(Leech(8)))];
        Assert.True(world.Run(() => leeches.All(leech => leech.CompletedAt is not null), 300), $"seed {world.Seed}");
    }

    [Fact]
    public void A_corrupter_is_banned_and_the_content_is_right()
    {
        var world = new World(1, Size, PieceLength, carriesPayload: true);
        world.Add(Seed(8));
        Machine bad = world.Add(Seed(8) with { Behaviour = new Corrupter(new Random(1), 0.5) });
        Machine leech = world.Add(Leech(8));
        Assert.True(world.Run(() => leech.CompletedAt is not null, 120), $"seed {world.Seed}");
        Assert.DoesNotContain(leech.Links, link => link.Remote.Owner == bad);
        Assert.Equal(0, leech.BlocksHeld);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_same_seed_gives_the_same_run_word_for_word(int seed)
    {
        (string first, ulong digest) = JournalOf(seed);
        (string second, ulong again) = JournalOf(seed);
        Assert.True(first.Length > 100_000, "The journal of a whole swarm is long.");
        Assert.Equal(first, second);
        Assert.Equal(digest, again);
        Assert.NotEqual(digest, JournalOf(seed + 100).Digest);
    }

    private static (string Text, ulong Digest) JournalOf(int seed)
    {
        var world = new World(seed, Size, PieceLength, carriesPayload: true) { MeanConnectionLife = 60 };
        using var text = new StringWriter();
        Journal journal = world.Record(new Journal(text));
        world.Add(Seed(8));
        world.Add(Seed(8) with { Behaviour = new Corrupter(new Random(seed), 0.1) });
        world.Add(Leech(8) with { Behaviour = new FreeRider() });
        for (int i = 0; i < 8; i++)
            world.Add(Leech(4) with { Arrival = i });
        world.Run(60);
        return (text.ToString(), journal.Digest);
    }

    private static MachineSettings Seed(double up) => new() { Name = "seed", Access = Access.Megabits(up, 100), IsSeed = true };

    private static MachineSettings Leech(double up) => new() { Name = "leech", Access = Access.Megabits(up, 100) };
}
