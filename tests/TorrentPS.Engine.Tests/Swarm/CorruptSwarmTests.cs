namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>A swarm of sixty in which every fifth peer corrupts what it sends.</summary>
public sealed class CorruptSwarmTests
{
    private const int Peers = 60;
    private const int Pieces = 512;
    private const int BlocksPerPiece = 16;

    [Theory]
    [InlineData(1, 1.0)]
    [InlineData(2, 1.0)]
    [InlineData(3, 0.5)]
    [InlineData(4, 0.2)]
    [InlineData(5, 0.05)]
    public void Every_corrupter_is_banned_no_good_peer_is_and_little_is_wasted(int seed, double share)
    {
        using SwarmFixture swarm = new SwarmFixture(
            Pieces, BlocksPerPiece, s => s with { Torrent = s.Torrent with { MaxPeers = Peers } }, seed).Start();
        FakePeer[] peers = [.. Enumerable.Range(1, Peers).Select(number => swarm.Connect(number).Serving())];
        var corruption = new Random(seed);
        int[] bad = new int[Peers];
        bool IsGood(int peer)
        {
            if (peer % 5 != 0 || corruption.NextDouble() >= share)
                return true;
            bad[peer]++;
            return false;
        }

        Run(swarm, peers, IsGood);

        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.True(bad.Count(blocks => blocks > 0) >= 8);
        for (int i = 0; i < Peers; i++)
        {
            // A bad block or two may lie in a piece that was given up before it was whole.
            bool isBanned = peers[i].ClosedFor == DisconnectReason.Banned;
            Assert.True(isBanned
                ? bad[i] > 0
                : bad[i] < 3, $"peer {i} with {bad[i]} bad blocks is closed for {peers[i].ClosedFor}");
        }

        double wasted = (double)(swarm.Status.Wasted + swarm.Status.HashFailed) / swarm.Geometry.TotalLength;
        Assert.True(wasted < 0.03, $"{wasted:P1}");
    }

    [Fact]
    public void A_corrupter_that_sends_only_bad_data_costs_no_more_than_a_piece()
    {
        using SwarmFixture swarm = new SwarmFixture(
            Pieces, BlocksPerPiece, s => s with { Torrent = s.Torrent with { MaxPeers = Peers } }).Start();
        FakePeer[] peers = [.. Enumerable.Range(1, 10).Select(number => swarm.Connect(number).Serving())];

        Run(swarm, peers, peer => peer > 1);

        Assert.Equal(2, peers.Count(peer => peer.ClosedFor == DisconnectReason.Banned));
        Assert.InRange(swarm.Status.HashFailed, 1, 2L * BlocksPerPiece * SwarmFixture.Block);
        Assert.All(swarm.Published, status => Assert.True(status.Wasted == 0));
    }

    [Fact]
    public void One_that_proved_good_and_then_turns_takes_no_piece_of_others_with_it_once_it_is_found()
    {
        using SwarmFixture swarm = new SwarmFixture(Pieces, BlocksPerPiece).Start();
        FakePeer[] peers = [.. Enumerable.Range(1, 5).Select(number => swarm.Connect(number).Serving())];
        int given = 0;

        Run(swarm, peers, peer => peer > 0 || given++ < 20 * BlocksPerPiece);

        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Equal(DisconnectReason.Banned, peers[0].ClosedFor);
        Assert.All(peers[1..], peer => Assert.NotEqual(DisconnectReason.Banned, peer.ClosedFor));
        Assert.InRange(swarm.Status.HashFailed + swarm.Status.Wasted, 1, 0.03 * swarm.Geometry.TotalLength);
    }

    private static void Run(SwarmFixture swarm, FakePeer[] peers, Func<int, bool> isGood)
    {
        for (int round = 0; round < 5000 && swarm.State == TorrentState.Downloading; round++)
        {
            for (int i = 0; i < peers.Length; i++)
            {
                // Some are twenty times as fast as others.
                for (int block = 0; block <= i % 20 && peers[i].Asked.Count > 0 && peers[i].ClosedFor is null; block++)
                    peers[i].Give(peers[i].Asked[0], isGood(i));
            }

            swarm.Pass(0.25);
        }
    }
}
