using TorrentPS.Simulation.Dht;

namespace TorrentPS.Simulation.Tests;

/// <summary>A small DHT in virtual time; the large one is the scenario <c>dht</c> of the bench program.</summary>
public sealed class DhtTests
{
    private static readonly DhtWorldSettings s_small = new()
    {
        Nodes = 200,
        Torrents = 10,
        PeersPerTorrent = 3,
        Arrival = 20,
        MeanLife = 10 * 60,
    };

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0.1)]
    public void Searches_find_who_announced_although_packets_and_nodes_get_lost(int seed, double hostile)
    {
        DhtRun run = DhtRun.Of(new DhtWorld(seed, s_small with { HostileShare = hostile }), 90, 210, 100, null);

        Assert.True(run is { Searches: >= 90, PeersFound: >= 0.9, MostHops: <= 8 }, $"{run} (seed {seed})");
    }

    [Fact]
    public void A_seed_repeats_a_run_packet_for_packet()
    {
        Assert.Equal(DigestOf(3), DigestOf(3));
        Assert.NotEqual(DigestOf(3), DigestOf(4));
    }

    private static ulong DigestOf(int seed)
    {
        var world = new DhtWorld(seed, s_small with { HostileShare = 0.1 });
        world.Run(60);
        return world.Digest;
    }
}
