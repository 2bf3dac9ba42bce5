using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Primitives;

public sealed class IPAddressExtensionsTests
{
    [Theory]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("2001:db8::7", "2001:db8::7", false)]
    [InlineData("::1", "::1", false)]
    public void An_IPv4_mapped_address_becomes_an_IPv4_address(string named, string known, bool isIPv4)
    {
        var address = IPAddress.Parse(named);
        Assert.Equal(IPAddress.Parse(known), address.Unmap());
        Assert.Equal(new IPEndPoint(IPAddress.Parse(known), 6881), new IPEndPoint(address, 6881).Unmap());
        Assert.Equal(isIPv4, address.IsIPv4());
    }
}
