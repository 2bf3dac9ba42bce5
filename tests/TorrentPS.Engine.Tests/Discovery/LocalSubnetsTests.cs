using System.Net;
using TorrentPS.Engine.Discovery;

namespace TorrentPS.Engine.Tests.Discovery;

public sealed class LocalSubnetsTests
{
    private static readonly LocalSubnets s_subnets = new(
    [
        LocalSubnets.NetworkOf(IPAddress.Parse("192.168.1.5"), 24),
        LocalSubnets.NetworkOf(IPAddress.Parse("2001:db8::5"), 128),
    ]);

    [Theory]
    [InlineData("192.168.1.9", true)]
    [InlineData("::ffff:192.168.1.9", true)]
    [InlineData("192.168.2.9", false)]
    [InlineData("8.8.8.8", false)]
    [InlineData("169.254.1.1", true)]
    [InlineData("fe80::1", true)]
    [InlineData("2001:db8::9", true)]
    [InlineData("2001:db8:0:1::9", false)]
    public void Only_neighbours_are_heard(string sender, bool isHeard) =>
        Assert.Equal(isHeard, s_subnets.Contains(IPAddress.Parse(sender)));

    [Fact]
    public void The_networks_of_an_interface_contain_its_address() =>
        Assert.True(LocalSubnets.Of(IPAddress.Loopback).Contains(IPAddress.Loopback));
}
