using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>The port message (BEP 5): peers tell each other where their DHT nodes are.</summary>
public sealed class DhtPortTests
{
    private const ushort OurPort = 6889;

    [Fact]
    public void A_peer_with_a_DHT_node_gets_the_port_of_this_clients_node()
    {
        using SwarmFixture swarm = WithDht().Start();

        FakePeer peer = swarm.Connect(1, dht: true);

        Assert.Equal(OurPort, Assert.Single(peer.Inbox, sent => sent.Id == PeerMessageId.Port).Port);
    }

    [Fact]
    public void A_peer_without_a_DHT_node_gets_no_port()
    {
        using SwarmFixture swarm = WithDht().Start();

        Assert.Equal(0, swarm.Connect(1).Count(PeerMessageId.Port));
    }

    [Fact]
    public void The_DHT_node_of_a_peer_is_passed_on_once_with_the_peers_address()
    {
        using SwarmFixture swarm = WithDht().Start();
        FakePeer peer = swarm.Connect(1, dht: true);

        Say(peer, 0);
        Say(peer, 7001);
        Say(peer, 7002);

        Assert.Equal([new IPEndPoint(peer.EndPoint.Address, 7001)], swarm.DhtNodes);
        Assert.Null(peer.ClosedFor);
    }

    [Fact]
    public void A_bitfield_may_follow_it()
    {
        using SwarmFixture swarm = WithDht().Start();
        FakePeer peer = swarm.Connect(1, dht: true);

        Say(peer, 7001);
        peer.Say(PeerMessageId.HaveAll);

        Assert.Null(peer.ClosedFor);
        Assert.Equal(100, swarm.StatusOf(peer).Progress);
    }

    [Fact]
    public void A_torrent_that_has_no_part_in_the_DHT_neither_tells_nor_hears_of_nodes()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        FakePeer peer = swarm.Connect(1, dht: true);

        Say(peer, 7001);

        Assert.Equal(0, peer.Count(PeerMessageId.Port));
        Assert.Empty(swarm.DhtNodes);
    }

    private static SwarmFixture WithDht() => new(with: settings => settings with { DhtPort = OurPort });

    private static void Say(FakePeer peer, ushort port) =>
        peer.Say(new PeerEvent { Id = PeerMessageId.Port, Port = port });
}
