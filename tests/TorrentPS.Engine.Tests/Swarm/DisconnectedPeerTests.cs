using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>Peers that have left stay visible, with the reason and what they wasted.</summary>
public sealed class DisconnectedPeerTests
{
    [Fact]
    public void A_peer_that_left_keeps_its_last_status_and_the_reason_and_time()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1).Serving();
        peer.Give(peer.Asked[0]);
        swarm.Pass(2);
        DateTimeOffset now = swarm.Time.GetUtcNow();
        peer.Leave();

        DisconnectedPeer left = Assert.Single(Disconnected(swarm));
        Assert.Equal(peer.EndPoint, left.Peer.EndPoint);
        Assert.Equal(SwarmFixture.Block, left.Peer.Downloaded);
        Assert.Equal(DisconnectReason.RemoteClosed, left.Reason);
        Assert.StartsWith("Disconnected: the peer closed the connection", left.Message);
        Assert.Equal(now, left.Time);
        Assert.False(left.IsBanned);
    }

    [Fact]
    public void A_piece_that_fails_after_its_sender_left_is_counted_and_the_guilty_is_shown_as_banned()
    {
        using SwarmFixture swarm = new SwarmFixture(pieces: 1, blocksPerPiece: 2).Start();
        FakePeer liar = swarm.Connect(1).Serving();
        liar.Give(swarm.BlockAt(0, 0), isGood: false);
        liar.Leave();
        FakePeer good = swarm.Connect(2).Serving();
        good.Give(swarm.BlockAt(0, 1));

        Assert.Equal(SwarmFixture.Block, Assert.Single(Disconnected(swarm)).Peer.HashFailed);
        good.GiveAll();
        Assert.Equal(TorrentState.Seeding, swarm.State);
        Assert.True(Disconnected(swarm)[0].IsBanned);
        PeerBan ban = Assert.Single(Bans(swarm));
        Assert.Equal(BlockedNetwork.Of(liar.EndPoint.Address), ban.Network);
        Assert.Null(ban.Port);
        Assert.Equal("Its blocks of piece 0 differ from those of the verified piece.", ban.Reason);
    }

    [Fact]
    public void The_last_200_are_kept()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        for (int number = 1; number <= DisconnectedPeers.Capacity + 10; number++)
        {
            // Each stays long enough to be a normal peer.
            FakePeer peer = swarm.Connect(
                1, at: SwarmFixture.At((number % 200) + 1, 1000 + number), id: SwarmFixture.IdOf(1));
            swarm.Pass(31);
            peer.Leave();
        }

        IReadOnlyList<DisconnectedPeer> left = Disconnected(swarm);
        Assert.Equal(200, left.Count);
        Assert.Equal(1011, left[0].Peer.EndPoint.Port);
        Assert.Equal(1210, left[^1].Peer.EndPoint.Port);
    }

    internal static IReadOnlyList<DisconnectedPeer> Disconnected(SwarmFixture swarm)
    {
        var answer = new TaskCompletionSource<IReadOnlyList<DisconnectedPeer>>();
        swarm.Handle(new DisconnectedPeersRequested(answer));
        Assert.True(answer.Task.IsCompletedSuccessfully);
        return answer.Task.Result;
    }

    internal static IReadOnlyList<PeerBan> Bans(SwarmFixture swarm)
    {
        var answer = new TaskCompletionSource<IReadOnlyList<PeerBan>>();
        swarm.Handle(new BansRequested(answer));
        Assert.True(answer.Task.IsCompletedSuccessfully);
        return answer.Task.Result;
    }
}
