using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>Which peers the next start is to know.</summary>
public sealed class PeerCacheTests
{
    [Fact]
    public void A_dialed_peer_that_answered_is_cached_within_seconds_and_again_at_the_end()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        Call(swarm, 1).Serving();

        swarm.Pass(6);
        Assert.Equal([SwarmFixture.At(1)], swarm.CachedPeers.Select(peer => peer.EndPoint));
        swarm.CachedPeers.Clear();
        swarm.Handle(new StopRequested());

        Assert.Equal([SwarmFixture.At(1)], swarm.CachedPeers.Select(peer => peer.EndPoint));
    }

    [Fact]
    public void An_incoming_peer_is_cached_with_its_listen_port_once_payload_was_transferred()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer gave = swarm.Connect(1);
        FakePeer idle = swarm.Connect(2);
        FakePeer silent = swarm.Connect(3);
        gave.Extended(new ExtensionHandshake { ListenPort = 7001 });
        idle.Extended(new ExtensionHandshake { ListenPort = 7002 });
        gave.Serving();
        gave.Give(gave.Asked[0]);
        silent.Serving();

        swarm.Handle(new StopRequested());

        GoodPeer good = Assert.Single(swarm.CachedPeers);
        Assert.Equal(SwarmFixture.At(1, 7001), good.EndPoint);
        Assert.Equal(SwarmFixture.Block, good.Rate);
    }

    [Fact]
    public void A_useful_peer_that_has_left_is_cached_too()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        Call(swarm, 1).Leave();

        swarm.Pass(6);

        Assert.Equal([SwarmFixture.At(1)], swarm.CachedPeers.Select(peer => peer.EndPoint));
    }

    [Fact]
    public void A_peer_that_misbehaved_is_not_cached()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        Call(swarm, 1).Have(99);

        swarm.Pass(6);
        swarm.Handle(new StopRequested());

        Assert.Empty(swarm.CachedPeers);
    }

    [Fact]
    public void No_peer_of_a_private_torrent_is_cached()
    {
        using SwarmFixture swarm = new SwarmFixture(with: s => s with { IsPrivate = true }).Start();
        FakePeer peer = Call(swarm, 1).Serving();
        peer.Give(peer.Asked[0]);

        swarm.Pass(100);
        swarm.Handle(new StopRequested());

        Assert.Empty(swarm.CachedPeers);
    }

    private static FakePeer Call(SwarmFixture swarm, int number)
    {
        swarm.Handle(new PeersFound([SwarmFixture.At(number)], PeerSource.Tracker));
        return swarm.Connect(number, incoming: false);
    }
}
