using System.Net;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Tests.Swarm;

/// <summary>Addresses that the user blocks, and bans that the user lifts.</summary>
public sealed class BlockListTests
{
    [Fact]
    public void A_blocked_peer_is_disconnected_refused_and_not_dialed_until_it_is_unblocked()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Handle(new PeersFound([SwarmFixture.At(1)], PeerSource.Tracker));
        FakePeer peer = swarm.Connect(1, incoming: false);
        FakePeer other = swarm.Connect(2);

        Block(swarm, BlockedNetwork.Of(SwarmFixture.At(1).Address));
        Assert.Equal(DisconnectReason.Blocked, peer.ClosedFor);
        Assert.Null(other.ClosedFor);
        peer.Leave();
        Assert.Equal(DisconnectReason.Blocked, swarm.Connect(3, at: SwarmFixture.At(1, 4000)).ClosedFor);
        swarm.Handle(new PeersFound([SwarmFixture.At(1), SwarmFixture.At(1, 4000)], PeerSource.Tracker));
        swarm.Pass(60 * 30);
        Assert.Equal([SwarmFixture.At(1)], swarm.Dialed);

        Block(swarm);
        Assert.Equal([SwarmFixture.At(1), SwarmFixture.At(1)], swarm.Dialed);
        Assert.Null(swarm.Connect(1, incoming: false).ClosedFor);
    }

    [Fact]
    public void An_address_of_this_client_stays_excluded_when_blocks_and_bans_are_lifted()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Handle(new PeersFound([SwarmFixture.At(1), SwarmFixture.At(2)], PeerSource.Tracker));
        swarm.Handle(new DialFailed(SwarmFixture.At(1), IsSelf: true));
        swarm.Connect(2, incoming: false, id: SwarmFixture.Self);

        Block(swarm, IPNetwork.Parse("10.0.0.0/8"));
        Block(swarm);
        Unban(swarm, "10.0.0.1");
        swarm.Pass(60 * 30);

        Assert.Equal(2, swarm.Dialed.Count);
    }

    [Fact]
    public void A_dial_that_was_under_way_to_a_blocked_address_is_closed()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Handle(new PeersFound([SwarmFixture.At(1)], PeerSource.Tracker));
        Block(swarm, IPNetwork.Parse("10.0.0.0/8"));

        Assert.Equal(DisconnectReason.Blocked, swarm.Connect(1, incoming: false).ClosedFor);
        swarm.Pass(60 * 30);
        Assert.Single(swarm.Dialed);
    }

    [Fact]
    public void A_ban_that_is_lifted_lets_the_peer_be_dialed_again()
    {
        using SwarmFixture swarm = new SwarmFixture().Start();
        swarm.Handle(new PeersFound([SwarmFixture.At(1)], PeerSource.Tracker));
        FakePeer liar = swarm.Connect(1, incoming: false).Serving();
        liar.GiveAll(isGood: false);
        liar.Leave();
        Assert.Single(DisconnectedPeerTests.Bans(swarm));
        Assert.Equal(0, Unban(swarm, "10.0.0.2"));

        Assert.Equal(1, Unban(swarm, "10.0.0.1"));
        Assert.Empty(DisconnectedPeerTests.Bans(swarm));
        Assert.Equal(2, swarm.Dialed.Count);
        Assert.Null(swarm.Connect(1, incoming: false).ClosedFor);
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7/32")]
    [InlineData("203.0.113.7:6881", "203.0.113.7/32")]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7/32")]
    [InlineData("2001:db8:1:2:3::7", "2001:db8:1:2::/64")]
    [InlineData("[2001:db8:1:2:3::7]:6881", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2:3::7/128", "2001:db8:1:2:3::7/128")]
    [InlineData("fe80::7", "fe80::7/128")]
    [InlineData("::1", "::1/128")]
    [InlineData("198.51.100.0/24", "198.51.100.0/24")]
    [InlineData("198.51.100.7/24", "198.51.100.0/24")]
    public void An_address_is_read_as_the_network_of_its_subscriber(string text, string network)
    {
        Assert.True(BlockedNetwork.TryParse(text, out IPNetwork read));
        Assert.Equal(IPNetwork.Parse(network), read);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("example.org")]
    [InlineData("198.51.100.0/33")]
    public void Other_texts_are_no_network(string? text) => Assert.False(BlockedNetwork.TryParse(text, out _));

    [Fact]
    public void A_list_of_the_maximum_length_is_valid_and_a_longer_one_is_not()
    {
        IPNetwork one = IPNetwork.Parse("198.51.100.0/24");
        new SessionSettings { BlockList = [.. Enumerable.Repeat(one, SessionSettings.MaxBlockList)] }.Check();
        SessionException error = Assert.Throws<SessionException>(
            new SessionSettings { BlockList = [.. Enumerable.Repeat(one, SessionSettings.MaxBlockList + 1)] }.Check);
        Assert.Equal(SessionErrorId.BadSettings, error.Id);
    }

    private static void Block(SwarmFixture swarm, params IPNetwork[] networks)
    {
        var done = new TaskCompletionSource();
        swarm.Handle(new SettingsChanged(
            settings => settings with { Session = settings.Session with { BlockList = networks } }, done));
        Assert.True(done.Task.IsCompletedSuccessfully);
    }

    private static int Unban(SwarmFixture swarm, string address)
    {
        var answer = new TaskCompletionSource<int>();
        swarm.Handle(new UnbanRequested(BlockedNetwork.Of(IPAddress.Parse(address)), answer));
        return answer.Task.Result;
    }
}
