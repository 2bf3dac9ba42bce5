using System.Net;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>How many connections of a torrent one address can have, and for how long silent peers keep theirs.</summary>
public sealed class AddressLimitTests
{
    [Theory]
    [InlineData("20.1.1.1", "20.1.1.1", false)]
    [InlineData("20.1.1.1", "20.1.1.2", true)]
    [InlineData("2600:1::1", "2600:1::2", false)]
    [InlineData("2600:1::1", "2600:1:0:1::1", true)]
    [InlineData("100.64.0.1", "100.64.0.1", false)]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("fe80::1", "fe80::1", true)]
    [InlineData("fd00::1", "fd00::1", true)]
    public void A_torrent_has_one_connection_to_a_public_address(string first, string second, bool accepted)
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0);
        FakePeer one = swarm.Connect(1, at: At(first, 1));

        FakePeer two = swarm.Connect(2, at: At(second, 2));

        Assert.Null(one.ClosedFor);
        Assert.Equal(accepted ? null : DisconnectReason.TooManyFromAddress, two.ClosedFor);
    }

    [Fact]
    public void The_address_is_free_again_when_its_connection_has_closed()
    {
        using SwarmFixture swarm = new SwarmFixture().Start(0);
        FakePeer one = swarm.Connect(1, at: At("20.1.1.1", 1));
        swarm.Pass(60);
        one.Leave();

        Assert.Null(swarm.Connect(2, at: At("20.1.1.1", 2)).ClosedFor);
    }

    [Fact]
    public void The_limit_can_be_raised()
    {
        using SwarmFixture swarm = new SwarmFixture(
            with: s => s with { Session = s.Session with { MaxConnectionsPerAddress = 3 } }).Start(0);

        FakePeer[] peers = [.. Enumerable.Range(1, 5).Select(n => swarm.Connect(n, at: At("20.1.1.1", n)))];

        Assert.Equal(3, peers.Count(peer => peer.ClosedFor is null));
    }

    [Fact]
    public void An_address_with_a_connection_is_not_dialed_at_another_port()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Connect(1, at: At("20.1.1.1", 6881));

        swarm.Handle(new PeersFound([At("20.1.1.1", 6882), At("20.1.1.3", 6881)], PeerSource.Tracker));

        Assert.Equal([At("20.1.1.3", 6881)], swarm.Dialed);
    }

    [Fact]
    public void An_unchoked_peer_that_is_interested_and_requests_nothing_makes_room_for_any_other()
    {
        using SwarmFixture swarm = Full(out FakePeer[] silent);
        swarm.Pass(140);

        Assert.Null(swarm.Connect(99, at: At("20.9.9.9", 1)).ClosedFor);
        Assert.Single(silent, peer => peer.ClosedFor == DisconnectReason.TooMany);
    }

    [Fact]
    public void A_peer_that_downloads_at_one_kilobyte_per_second_keeps_its_place()
    {
        using SwarmFixture swarm = Full(out FakePeer[] slow);
        foreach (FakePeer peer in slow)
            peer.Say(PeerMessageId.Request, swarm.BlockAt(0, 0));
        for (int second = 0; second < 140; second += 16)
        {
            foreach (FakePeer peer in slow)
                peer.Traffic = peer.Traffic with { PayloadSent = peer.Traffic.PayloadSent + (16 * 1024) };
            swarm.Pass(16);
        }

        Assert.Equal(DisconnectReason.TooMany, swarm.Connect(99, at: At("20.9.9.9", 1)).ClosedFor);
        Assert.All(slow, peer => Assert.Null(peer.ClosedFor));
    }

    /// <summary>A seed with as many interested peers as it accepts.</summary>
    private static SwarmFixture Full(out FakePeer[] peers)
    {
        SwarmFixture swarm = new SwarmFixture(with: s => s with { Torrent = s.Torrent with { MaxPeers = 4 } })
            .Start(0, 1, 2, 3);
        peers = [.. Enumerable.Range(1, 4).Select(number => swarm.Connect(number, at: At($"20.1.1.{number}", 1)))];
        foreach (FakePeer peer in peers)
            peer.Say(PeerMessageId.Interested);
        Assert.All(peers, peer => Assert.Equal(1, peer.Count(PeerMessageId.Unchoke)));
        return swarm;
    }

    private static IPEndPoint At(string address, int port) => new(IPAddress.Parse(address), port);
}
