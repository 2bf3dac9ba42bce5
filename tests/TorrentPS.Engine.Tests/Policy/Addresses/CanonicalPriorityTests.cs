using System.Net;
using TorrentPS.Engine.Policy.Addresses;

namespace TorrentPS.Engine.Tests.Policy.Addresses;

public sealed class CanonicalPriorityTests
{
    [Theory]
    [InlineData("123.213.32.10:1", "98.76.54.32:2", 0xec2d7224)] // BEP 40, first example
    [InlineData("123.213.32.10:1", "123.213.32.234:2", 0x99568189)] // BEP 40, second example
    [InlineData("[::ffff:123.213.32.10]:1", "98.76.54.32:2", 0xec2d7224)]
    public void The_priority_equals_the_examples_of_BEP_40_from_either_end(string client, string peer, uint expected)
    {
        Assert.Equal(expected, CanonicalPriority.Of(IPEndPoint.Parse(client), IPEndPoint.Parse(peer)));
        Assert.Equal(expected, CanonicalPriority.Of(IPEndPoint.Parse(peer), IPEndPoint.Parse(client)));
    }

    [Theory]
    [InlineData("1.2.0.10", "9.9.9.9", "9.9.9.11", true)] // different /16: every second bit of the last byte counts
    [InlineData("1.2.3.10", "1.2.9.9", "1.2.9.11", true)] // same /16: likewise
    [InlineData("1.2.3.10", "1.2.9.9", "1.2.11.9", false)] // same /16: the whole third byte counts
    [InlineData("1.2.3.10", "1.2.3.9", "1.2.3.11", false)] // same /24: the whole address counts
    [InlineData("2001:db8:1::1", "2001:db9:2:2::9", "2001:db9:2:a002::9", true)]
    [InlineData("2001:db8:1::1", "2001:db9:2:2::9", "2001:db9:3:2::9", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:0100::9", "2001:db8:1:0300::9", false)] // same /48: all of byte 7
    [InlineData("2001:db8:1:2::1", "2001:db8:1:0104::9", "2001:db8:1:0106::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:4::9", "2001:db8:1:6::9", false)] // same /56: all of byte 8
    public void Only_the_masked_part_of_an_address_counts(string client, string one, string other, bool same)
    {
        var us = new IPEndPoint(IPAddress.Parse(client), 1);
        uint first = CanonicalPriority.Of(us, new IPEndPoint(IPAddress.Parse(one), 5));
        uint second = CanonicalPriority.Of(us, new IPEndPoint(IPAddress.Parse(other), 6));
        Assert.Equal(same, first == second);
    }

    [Fact]
    public void Two_endpoints_of_one_address_are_compared_by_port()
    {
        var a = new IPEndPoint(IPAddress.Parse("10.0.0.1"), 6881);
        var b = new IPEndPoint(IPAddress.Parse("10.0.0.1"), 6882);
        var c = new IPEndPoint(IPAddress.Parse("10.0.0.1"), 6883);
        Assert.Equal(CanonicalPriority.Of(a, b), CanonicalPriority.Of(b, a));
        Assert.NotEqual(CanonicalPriority.Of(a, b), CanonicalPriority.Of(a, c));
    }
}
