using System.Net;
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
        self.AddVote(Voter(1), s_right);
        self.AddVote(Voter(1), s_right);
        Assert.Null(self.For(s_peer));

        self.AddVote(Voter(2), s_right.MapToIPv6());

        Assert.Equal(s_right, self.For(s_peer));
        Assert.Equal(s_right, self.For(s_peer.MapToIPv6()));
        Assert.Null(self.For(IPAddress.Parse("2001:db8::1")));
    }

    [Fact]
    public void The_majority_decides_and_each_peer_has_one_vote()
    {
        var self = new ExternalAddress();
        for (int i = 1; i <= 3; i++)
            self.AddVote(Voter(i), s_right);
        for (int i = 0; i < 100; i++)
            self.AddVote(Voter(4 + (i % 2)), s_wrong);

        Assert.Equal(s_right, self.For(s_peer));
    }

    [Fact]
    public void Only_the_latest_votes_count_so_a_changed_address_is_noticed()
    {
        var self = new ExternalAddress();
        for (int i = 0; i < 1000; i++)
            self.AddVote(Voter(i), s_right);
        for (int i = 0; i < ExternalAddress.MaxVoters; i++)
            self.AddVote(Voter(2000 + i), s_wrong);

        Assert.Equal(s_wrong, self.For(s_peer));
    }

    private static PeerOrigin Voter(int number) =>
        new(new IPEndPoint(new IPAddress([30, 0, (byte)(number >> 8), (byte)number]), 1));
}
