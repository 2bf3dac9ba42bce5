using System.Net;
using TorrentPS.Engine.Policy.Addresses;

namespace TorrentPS.Engine.Tests.Policy.Addresses;

public sealed class PeerAddressRulesTests
{
    public static TheoryData<PeerSource> Sources => [.. Enum.GetValues<PeerSource>()];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Only_the_user_may_name_a_port_of_a_system_service(PeerSource source)
    {
        Assert.Equal(source == PeerSource.Manual, CanDial("8.8.8.8:25", source));
        Assert.Equal(source == PeerSource.Manual, CanDial("8.8.8.8:1023", source));
        Assert.True(CanDial("8.8.8.8:1024", source));
        Assert.True(CanDial("192.168.1.2:51413", source));
        Assert.False(CanDial("8.8.8.8:0", source));
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void No_source_may_name_an_address_that_belongs_to_no_machine(PeerSource source)
    {
        string[] addresses =
            ["0.0.0.0:6881", "224.0.0.1:6881", "255.255.255.255:6881", "[::]:6881", "[ff02::1]:6881"];
        Assert.All(addresses, address => Assert.False(CanDial(address, source)));
    }

    [Theory]
    [InlineData("127.0.0.1", true, true)]
    [InlineData("192.168.1.2", true, true)]
    [InlineData("127.0.0.1", false, false)]
    [InlineData("192.168.1.2", false, false)]
    [InlineData("100.64.0.1", false, false)]
    [InlineData("fd00::1", false, false)]
    [InlineData("8.8.8.8", false, true)]
    public void A_host_name_in_a_link_may_not_lead_into_a_local_network(string address, bool isLiteral, bool may) =>
        Assert.Equal(may, PeerAddressRules.CanUseFromLink(IPAddress.Parse(address), isLiteral));

    private static bool CanDial(string endPoint, PeerSource source) =>
        PeerAddressRules.CanDial(IPEndPoint.Parse(endPoint), source);
}
