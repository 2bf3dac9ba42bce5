using System.Net;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Protocol.Tests.Primitives;

public sealed class AddressScopesTests
{
    [Theory]
    [InlineData("0.0.0.0", AddressScope.Unspecified)]
    [InlineData("0.1.2.3", AddressScope.Unspecified)]
    [InlineData("1.0.0.0", AddressScope.Global)]
    [InlineData("9.255.255.255", AddressScope.Global)]
    [InlineData("10.0.0.0", AddressScope.Private)]
    [InlineData("10.255.255.255", AddressScope.Private)]
    [InlineData("11.0.0.0", AddressScope.Global)]
    [InlineData("100.63.255.255", AddressScope.Global)]
    [InlineData("100.64.0.0", AddressScope.Shared)]
    [InlineData("100.127.255.255", AddressScope.Shared)]
    [InlineData("100.128.0.0", AddressScope.Global)]
    [InlineData("126.255.255.255", AddressScope.Global)]
    [InlineData("127.0.0.1", AddressScope.Loopback)]
    [InlineData("127.255.255.255", AddressScope.Loopback)]
    [InlineData("128.0.0.0", AddressScope.Global)]
    [InlineData("169.253.255.255", AddressScope.Global)]
    [InlineData("169.254.169.254", AddressScope.Link)]
    [InlineData("172.15.255.255", AddressScope.Global)]
    [InlineData("172.16.0.0", AddressScope.Private)]
    [InlineData("172.31.255.255", AddressScope.Private)]
    [InlineData("172.32.0.0", AddressScope.Global)]
    [InlineData("192.168.255.255", AddressScope.Private)]
    [InlineData("192.169.0.0", AddressScope.Global)]
    [InlineData("223.255.255.255", AddressScope.Global)]
    [InlineData("224.0.0.1", AddressScope.Multicast)]
    [InlineData("239.192.152.143", AddressScope.Multicast)]
    [InlineData("240.0.0.1", AddressScope.Reserved)]
    [InlineData("255.255.255.255", AddressScope.Reserved)]
    [InlineData("::", AddressScope.Unspecified)]
    [InlineData("::1", AddressScope.Loopback)]
    [InlineData("::7f00:1", AddressScope.Loopback)]
    [InlineData("::ffff:127.0.0.1", AddressScope.Loopback)]
    [InlineData("::ffff:0.0.0.0", AddressScope.Unspecified)]
    [InlineData("::ffff:100.64.0.1", AddressScope.Shared)]
    [InlineData("::ffff:8.8.8.8", AddressScope.Global)]
    [InlineData("64:ff9b::10.0.0.1", AddressScope.Private)]
    [InlineData("64:ff9b::8.8.8.8", AddressScope.Global)]
    [InlineData("64:ff9b:1::8.8.8.8", AddressScope.Private)]
    [InlineData("2002:a00:1::1", AddressScope.Private)]
    [InlineData("2002:808:808::1", AddressScope.Global)]
    [InlineData("2001:db8::1", AddressScope.Global)]
    [InlineData("fbff::1", AddressScope.Global)]
    [InlineData("fc00::1", AddressScope.Private)]
    [InlineData("fdff::1", AddressScope.Private)]
    [InlineData("fe80::1", AddressScope.Link)]
    [InlineData("febf::1", AddressScope.Link)]
    [InlineData("fec0::1", AddressScope.Private)]
    [InlineData("ff15::efc0:988f", AddressScope.Multicast)]
    public void Addresses_have_the_scope_of_their_range(string address, AddressScope scope)
    {
        var parsed = IPAddress.Parse(address);
        Assert.Equal(scope, AddressScopes.Of(parsed));
        Assert.Equal(scope, new NodeAddress(new IPEndPoint(parsed, 6881)).Scope);
    }

    [Theory]
    [InlineData("8.8.8.8", "100.64.0.1", false)]
    [InlineData("8.8.8.8", "1.1.1.1", true)]
    [InlineData("100.64.0.2", "100.64.0.1", true)]
    [InlineData("100.64.0.2", "192.168.0.1", false)]
    [InlineData("10.0.0.1", "100.64.0.1", true)]
    [InlineData("10.0.0.1", "127.0.0.1", false)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("10.0.0.1", "239.0.0.1", false)]
    public void A_DHT_node_may_name_only_addresses_of_its_own_scope_or_a_wider_one(string node, string named, bool may) =>
        Assert.Equal(may, At(node).CanReferTo(At(named)));

    [Fact]
    public void Trackers_name_only_addresses_of_machines()
    {
        byte[] compact =
        [
            0, 0, 0, 0, 0x1a, 0xe1, 239, 1, 1, 1, 0x1a, 0xe1, 255, 255, 255, 255, 0x1a, 0xe1, 100, 64, 0, 1, 0x1a, 0xe1,
        ];
        List<IPEndPoint> peers = [];
        CompactPeers.Read(compact, CompactPeers.IPv4Length, peers, 10);
        Assert.Equal([IPEndPoint.Parse("100.64.0.1:6881")], peers);
    }

    private static NodeAddress At(string address) => new(new IPEndPoint(IPAddress.Parse(address), 6881));
}
