using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Addresses;

namespace TorrentPS.Engine.Tests.Policy.Addresses;

/// <summary>The external address by majority of peers' reports.</summary>
public sealed class ExternalAddressTests
{
    private static readonly IPAddress s_right = IPAddress.Parse("20.1.1.1");
    private static readonly IPAddress s_wrong = IPAddress.Parse("66.6.6.6");
    private static readonly IPAddress s_peer = IPAddress.Parse("9.9.9.9");

    [Fact]
    public void One_report_is_ignored_and_two_equal_reports_set_the_address()
    {
        var self = new ExternalAddress();
        self.AddVote(ExternalAddressSource.Peer, Voter(1), s_right);
        self.AddVote(ExternalAddressSource.Peer, Voter(1), s_right);
        Assert.Null(self.For(s_peer));

        self.AddVote(ExternalAddressSource.Peer, Voter(2), s_right.MapToIPv6());

        Assert.Equal(s_right, self.For(s_peer));
        Assert.Equal(s_right, self.For(s_peer.MapToIPv6()));
        Assert.Null(self.For(IPAddress.Parse("2001:db8::1")));
    }

    [Fact]
    public void The_majority_decides_and_each_peer_has_one_vote()
    {
        var self = new ExternalAddress();
        for (int i = 1; i <= 3; i++)
            self.AddVote(ExternalAddressSource.Peer, Voter(i), s_right);
        for (int i = 0; i < 100; i++)
            self.AddVote(ExternalAddressSource.Peer, Voter(4 + (i % 2)), s_wrong);

        Assert.Equal(s_right, self.For(s_peer));
    }

    [Fact]
    public void Only_the_latest_votes_count_so_a_changed_address_is_noticed()
    {
        var self = new ExternalAddress();
        for (int i = 0; i < 1000; i++)
            self.AddVote(ExternalAddressSource.Peer, Voter(i), s_right);
        for (int i = 0; i < ExternalAddress.MaxVoters; i++)
            self.AddVote(ExternalAddressSource.Peer, Voter(2000 + i), s_wrong);

        Assert.Equal(s_wrong, self.For(s_peer));
    }

    [Fact]
    public void The_opinion_of_all_sources_is_one_address_with_its_sources()
    {
        var self = new ExternalAddress();
        var changes = new List<IPAddress>();
        self.Changed = changes.Add;
        self.AddVote(ExternalAddressSource.Tracker, "tracker.example", s_right);
        Assert.Empty(self.Known);
        self.AddVote(ExternalAddressSource.Peer, Voter(1), s_right);
        self.AddVote(ExternalAddressSource.Peer, Voter(2), s_wrong);
        Assert.Equal("20.1.1.1 (Tracker, Peer)", Assert.Single(self.Known).ToString());

        self.AddVote(ExternalAddressSource.Dht, AddressFamily.InterNetwork, s_right);
        self.AddVote(ExternalAddressSource.PortMapping, "gateway", s_right);
        Assert.Equal("20.1.1.1 (PortMapping, Dht, Tracker, Peer)", Assert.Single(self.Known).ToString());
        Assert.Equal([s_right], changes);
    }

    [Fact]
    public void A_gateway_is_believed_until_it_is_gone_except_for_a_private_address()
    {
        var self = new ExternalAddress();
        self.AddVote(ExternalAddressSource.PortMapping, "gateway", IPAddress.Parse("192.168.0.2"));
        Assert.Null(self.For(s_peer));
        self.AddVote(ExternalAddressSource.PortMapping, "gateway", s_right);
        Assert.Equal(s_right, self.For(s_peer));
        self.RemoveVotes(ExternalAddressSource.PortMapping, "gateway");
        Assert.Null(self.For(s_peer));
    }

    [Fact]
    public void Votes_of_many_peers_do_not_displace_those_of_gateway_and_DHT()
    {
        var self = new ExternalAddress();
        self.AddVote(ExternalAddressSource.Dht, AddressFamily.InterNetwork, s_right);
        for (int i = 0; i < 1000; i++)
            self.AddVote(ExternalAddressSource.Peer, Voter(i), new IPAddress([30, 1, (byte)(i >> 8), (byte)i]));
        Assert.Equal(s_right, self.For(s_peer));
    }

    private static PeerOrigin Voter(int number) =>
        new(new IPEndPoint(new IPAddress([30, 0, (byte)(number >> 8), (byte)number]), 1));
}
