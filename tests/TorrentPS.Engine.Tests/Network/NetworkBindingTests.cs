using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;

namespace TorrentPS.Engine.Tests.Network;

public sealed class NetworkBindingTests
{
    private static readonly LocalInterface[] s_interfaces =
    [
        new("lo", 1, true, [IPAddress.Loopback, IPAddress.IPv6Loopback, IPAddress.Parse("20.0.0.9")]),
        new("eth0", 2, false, [IPAddress.Parse("192.168.1.5"), IPAddress.Parse("fe80::5"), IPAddress.Parse("2001:db8::5")]),
        new("tun0", 3, false, [IPAddress.Parse("10.8.0.2")]),
        new("down0", 4, false, []),
    ];

    [Fact]
    public void An_interface_allows_the_address_families_that_it_has()
    {
        Assert.Equal(
            new NetworkState { IPv4 = IPAddress.Any, Device = "tun0", Index = 3 },
            NetworkState.OfInterface("tun0", s_interfaces, canBindToDevice: true));
        Assert.Equal(
            new NetworkState { IPv4 = IPAddress.Any, IPv6 = IPAddress.IPv6Any, Device = "eth0", Index = 2 },
            NetworkState.OfInterface("eth0", s_interfaces, canBindToDevice: true));
    }

    [Fact]
    public void Without_the_right_to_bind_to_an_interface_its_addresses_are_used()
    {
        Assert.Equal(
            new NetworkState { IPv4 = IPAddress.Parse("192.168.1.5"), IPv6 = IPAddress.Parse("2001:db8::5"), Index = 2 },
            NetworkState.OfInterface("eth0", s_interfaces, canBindToDevice: false));
    }

    [Theory]
    [InlineData("wg0", "not available")]
    [InlineData("down0", "has no address")]
    public void An_interface_that_cannot_be_used_is_a_fault(string name, string part)
    {
        NetworkState state = NetworkState.OfInterface(name, s_interfaces, canBindToDevice: true);

        Assert.Contains(part, state.Fault, StringComparison.Ordinal);
        Assert.Null(state.IPv4 ?? state.IPv6);
    }

    [Theory]
    [InlineData("10.8.0.2", "tun0")]
    [InlineData("2001:db8::5", "eth0")]
    [InlineData("127.0.0.1", null)]
    [InlineData("127.0.0.2", null)]
    [InlineData("20.0.0.9", null)]
    public void A_bind_address_implies_its_interface_and_family(string address, string? device)
    {
        var bound = IPAddress.Parse(address);

        NetworkState state = NetworkState.OfAddress(bound, s_interfaces, canBindToDevice: true);

        Assert.Equal(device, state.Device);
        Assert.Equal(bound, state.AddressOf(bound.AddressFamily));
        Assert.Null(bound.AddressFamily == AddressFamily.InterNetwork ? state.IPv6 : state.IPv4);
    }

    [Fact]
    public void While_the_interface_is_gone_no_socket_is_opened()
    {
        IReadOnlyList<LocalInterface> interfaces = s_interfaces;
        var binding = new NetworkBinding(null, "tun0", () => interfaces);
        Assert.False(binding.Refresh());
        interfaces = [];

        Assert.True(binding.Refresh());

        foreach (string address in (string[])["20.0.0.1", "127.0.0.1", "2001:db8::1", "::1"])
        {
            Assert.Throws<SocketException>(() => binding.Open(
                new IPEndPoint(IPAddress.Parse(address), 6881), SocketType.Stream, ProtocolType.Tcp));
        }

        Assert.ThrowsAny<SocketException>(() => binding.OpenListener(0));
        using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Assert.Throws<SocketException>(() => binding.BindUdp(udp, 0));
    }
}
