using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>Peers that send wrong data are found, and good ones are never blamed.</summary>
public sealed class BadPieceTests
{
    [Fact]
    public void The_only_sender_of_a_bad_piece_is_banned_at_once()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 2).Start();
        FakePeer liar = swarm.Connect(1).Serving();

        liar.Give(swarm.BlockAt(0, 0));
        liar.Give(swarm.BlockAt(0, 1), isGood: false);

        Assert.Equal(DisconnectReason.Banned, liar.ClosedFor);
        Assert.Equal(2 * SwarmFixture.Block, swarm.Status.HashFailed);
        Assert.Equal(0, swarm.Status.PiecesHave);
        Assert.Equal(2 * SwarmFixture.Block, swarm.StatusOf(liar).HashFailed);
    }

    [Fact]
    public void A_banned_peer_cannot_come_back_from_another_port_nor_is_it_called()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Handle(new PeersFound([SwarmFixture.At(1)], PeerSource.Tracker));
        FakePeer liar = swarm.Connect(1, incoming: false).Serving();
        liar.GiveAll(isGood: false);
        liar.Leave();

        FakePeer again = swarm.Connect(2, at: SwarmFixture.At(1, 5000));
        Assert.Equal(DisconnectReason.Banned, again.ClosedFor);

        swarm.Handle(new PeersFound([SwarmFixture.At(1), SwarmFixture.At(1, 7000)], PeerSource.Tracker));
        swarm.Pass(60 * 30);
        Assert.Equal([SwarmFixture.At(1)], swarm.Dialed);
    }

    [Fact]
    public void A_call_that_was_under_way_to_a_banned_peer_is_not_repeated()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Handle(new PeersFound([SwarmFixture.At(1, 7000)], PeerSource.Tracker));
        swarm.Connect(1).Serving().GiveAll(isGood: false);

        FakePeer answered = swarm.Connect(2, at: SwarmFixture.At(1, 7000), incoming: false);

        Assert.Equal(DisconnectReason.Banned, answered.ClosedFor);
        swarm.Pass(60 * 30);
        Assert.Single(swarm.Dialed);
    }

    [Fact]
    public void Of_several_the_guilty_is_banned_and_the_good_cleared_once_the_piece_has_come_right()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 1, blocksPerPiece: 3).Start();
        FakePeer liar = swarm.Connect(1);
        FakePeer good = swarm.Connect(2);
        liar.Extended(new ExtensionHandshake { RequestQueue = 1 });
        good.Extended(new ExtensionHandshake { RequestQueue = 1 });
        liar.Serving();
        good.Serving();
        good.Give(good.Asked[0]);
        good.Give(good.Asked[0]);
        liar.Give(liar.Asked[0], isGood: false);
        Assert.Equal(3 * SwarmFixture.Block, swarm.Status.HashFailed);
        Assert.True(swarm.StatusOf(good).Flags.HasFlag(PeerFlags.OnParole));
        Assert.True(swarm.StatusOf(liar).Flags.HasFlag(PeerFlags.OnParole));
        Assert.Equal(2 * SwarmFixture.Block, swarm.StatusOf(good).HashFailed);
        Assert.Equal(SwarmFixture.Block, swarm.StatusOf(liar).HashFailed);

        // The liar is silent for once, so that the good one fetches the piece alone.
        liar.Asked.Clear();
        for (int i = 0; i < 200 && swarm.State == TorrentState.Downloading; i++)
        {
            swarm.Pass(1);
            good.GiveAll();
        }

        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Equal(DisconnectReason.Banned, liar.ClosedFor);
        Assert.NotEqual(DisconnectReason.Banned, good.ClosedFor);
        Assert.Equal(DisconnectReason.Banned, swarm.Connect(3, at: SwarmFixture.At(1, 9)).ClosedFor);
        Assert.Null(swarm.Connect(4, at: SwarmFixture.At(2, 9)).ClosedFor);
    }

    [Fact]
    public void A_liar_that_spoils_a_piece_and_then_stalls_it_cannot_stop_the_download()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 1, blocksPerPiece: 8).Start();
        FakePeer liar = swarm.Connect(1).Serving();
        FakePeer good = swarm.Connect(2).Serving();
        good.GiveAll();
        foreach (BlockAddress block in liar.Asked.ToArray())
            liar.Give(block, isGood: false);
        Assert.True(swarm.StatusOf(good).Flags.HasFlag(PeerFlags.OnParole));

        // Alone with the piece, it sends one block and holds the rest.
        for (int i = 0; i < 600 && swarm.State == TorrentState.Downloading; i++)
        {
            if (i == 0)
                liar.Give(liar.Asked[0], isGood: false);
            swarm.Pass(1);
            good.GiveAll();
        }

        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Equal(DisconnectReason.Banned, liar.ClosedFor);
        Assert.NotEqual(DisconnectReason.Banned, good.ClosedFor);
    }

    [Fact]
    public void A_peer_that_has_left_is_blamed_and_not_the_one_with_its_index()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 2, blocksPerPiece: 1).Start();
        FakePeer liar = swarm.Connect(1).Serving();
        liar.Give(swarm.BlockAt(0, 0), isGood: false);
        Assert.Equal(DisconnectReason.Banned, liar.ClosedFor);
        liar.Leave();

        FakePeer next = swarm.Connect(2).Serving();
        next.GiveAll();

        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Null(swarm.Connect(3, at: SwarmFixture.At(2, 9)).ClosedFor);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void With_a_liar_among_good_peers_the_download_ends_right_and_only_the_liar_is_banned(int seed)
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 12, blocksPerPiece: 4, seed: seed).Start();
        FakePeer[] peers = [.. Enumerable.Range(1, 4).Select(number => swarm.Connect(number).Serving())];
        var random = new Random(seed);
        for (int i = 0; i < 5000 && swarm.State == TorrentState.Downloading; i++)
        {
            FakePeer peer = peers[random.Next(peers.Length)];
            if (peer.Asked.Count > 0 && peer.ClosedFor is null)
                peer.Give(peer.Asked[random.Next(peer.Asked.Count)], isGood: peer != peers[0]);
            if (i % 10 == 0)
                swarm.Pass(0.25);
        }

        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.Equal(DisconnectReason.Banned, peers[0].ClosedFor);
        Assert.All(peers[1..], peer => Assert.NotEqual(DisconnectReason.Banned, peer.ClosedFor));
    }
}
