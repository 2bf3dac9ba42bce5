using System.Net;
using TorrentPS.Engine.PortMapping;
using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Engine.Tests.PortMapping;

/// <summary>Which protocol is used, when requests are sent, and what becomes of the mappings.</summary>
public sealed class GatewayMapperTests
{
    private static readonly IPAddress s_external = IPAddress.Parse("203.0.113.5");
    private readonly FakeGateway _gateway = new();

    [Fact]
    public void Pcp_maps_both_ports_and_tells_the_external_address()
    {
        _gateway.Use(FakeGateway.Tcp, FakeGateway.Udp);
        Assert.Equal(2, _gateway.PcpPackets.Length);
        foreach (byte[] request in _gateway.PcpPackets)
            _gateway.AnswerPcp(request);

        Assert.Equal(PortMappingProtocol.Pcp, _gateway.Mapper.Protocol);
        Assert.Equal(s_external, _gateway.Mapper.ExternalAddress);
        Assert.Equal([FakeGateway.Tcp, FakeGateway.Udp], _gateway.Mapper.MappedEntries.Select(entry => entry.Local));
        Assert.Equal([SessionEventKind.PortMapped, SessionEventKind.PortMapped], _gateway.Events.Select(one => one.Kind));
        Assert.Null(_gateway.Mapper.Failure);
    }

    [Fact]
    public void A_silent_gateway_is_asked_by_each_protocol_and_again_after_a_pause()
    {
        _gateway.Use(FakeGateway.Tcp);
        _gateway.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(2, _gateway.PcpPackets.Length);
        Assert.Equal(4, _gateway.NatPmpPackets.Count(packet => packet.Length == 12));
        Assert.Equal(3, _gateway.Searches);
        Assert.Equal(SessionEventKind.PortMappingFailed, Assert.Single(_gateway.Events).Kind);
        Assert.Contains("UPnP: The gateway does not support the protocol.", _gateway.Mapper.Failure, StringComparison.Ordinal);

        _gateway.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(4, _gateway.PcpPackets.Length);
        Assert.Single(_gateway.Events);
    }

    [Fact]
    public void A_gateway_that_never_answers_gets_few_packets()
    {
        _gateway.Use(FakeGateway.Tcp, FakeGateway.Udp);
        _gateway.Advance(TimeSpan.FromDays(1));
        Assert.InRange(_gateway.Packets.Count, 20, 600);
    }

    [Fact]
    public void A_gateway_without_PCP_is_asked_by_NAT_PMP_at_once()
    {
        _gateway.Use(FakeGateway.Tcp);
        _gateway.Mapper.OnDatagram([0, 0x81, 0, 1, 0, 0, 0, 0], _gateway.Now);
        Assert.Equal(TimeSpan.Zero, _gateway.Now);
        foreach (byte[] request in _gateway.NatPmpPackets)
            _gateway.AnswerNatPmp(request);

        Assert.Equal(PortMappingProtocol.NatPmp, _gateway.Mapper.Protocol);
        Assert.Equal(s_external, _gateway.Mapper.ExternalAddress);
        Assert.Equal(6881, Assert.Single(_gateway.Mapper.MappedEntries).ExternalPort);
    }

    [Fact]
    public void A_mapping_is_renewed_at_half_its_lifetime_with_the_same_nonce()
    {
        _gateway.Use(FakeGateway.Tcp);
        _gateway.AnswerPcp(_gateway.PcpPackets[0], lifetime: 600);
        _gateway.Advance(TimeSpan.FromSeconds(299));
        Assert.Single(_gateway.PcpPackets);
        _gateway.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(_gateway.PcpPackets[0], _gateway.PcpPackets[1]);
        _gateway.AnswerPcp(_gateway.PcpPackets[1], lifetime: 600);
        _gateway.Advance(TimeSpan.FromSeconds(299));
        Assert.Equal(2, _gateway.PcpPackets.Length);
        Assert.Single(_gateway.Events);
    }

    [Fact]
    public void A_mapping_that_the_gateway_does_not_renew_ends_with_its_lifetime()
    {
        _gateway.Use(FakeGateway.Tcp);
        _gateway.AnswerPcp(_gateway.PcpPackets[0], lifetime: 600);
        _gateway.Advance(TimeSpan.FromSeconds(590));
        Assert.Single(_gateway.Mapper.MappedEntries);
        _gateway.Advance(TimeSpan.FromSeconds(20));
        Assert.Empty(_gateway.Mapper.MappedEntries);
        Assert.InRange(_gateway.PcpPackets.Length, 5, 12);
        _gateway.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(SessionEventKind.PortMappingFailed, _gateway.Events[^1].Kind);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(uint.MaxValue)]
    public void Any_lifetime_that_a_gateway_grants_gives_a_bounded_number_of_requests(uint lifetime)
    {
        _gateway.Use(FakeGateway.Tcp);
        for (int i = 0; i < 100; i++)
        {
            foreach ((_, byte[] request) in _gateway.Packets.Where(sent => sent.At == _gateway.Now).ToArray())
            {
                if (request[0] == 2)
                    _gateway.AnswerPcp(request, lifetime: lifetime);
            }

            _gateway.Advance(TimeSpan.FromSeconds(1));
            Assert.True(_gateway.Mapper.NextTick is null || _gateway.Mapper.NextTick - _gateway.Now < TimeSpan.FromDays(2));
        }

        Assert.InRange(_gateway.Packets.Count, 1, 30);
    }

    [Fact]
    public void All_ports_are_mapped_again_when_the_gateway_has_lost_its_mappings()
    {
        _gateway.Use(FakeGateway.Tcp, FakeGateway.Udp);
        byte[][] first = _gateway.PcpPackets;
        _gateway.AnswerPcp(first[0], lifetime: 600, epoch: 5000);
        _gateway.AnswerPcp(first[1], lifetime: 7200, epoch: 5000);
        _gateway.Advance(TimeSpan.FromSeconds(300));
        Assert.Equal(3, _gateway.PcpPackets.Length);

        // The gateway restarted 7 s ago. It answers the renewal of one port, and has forgotten the other.
        _gateway.AnswerPcp(_gateway.PcpPackets[2], lifetime: 600, epoch: 7);
        Assert.Equal(first[1], _gateway.PcpPackets[3]);
    }

    [Fact]
    public void An_epoch_that_runs_as_the_clock_does_is_no_loss()
    {
        var epoch = new GatewayEpoch();
        Assert.False(epoch.Update(1000, TimeSpan.FromSeconds(10)));
        Assert.False(epoch.Update(1301, TimeSpan.FromSeconds(310)));
        Assert.False(epoch.Update(1590, TimeSpan.FromSeconds(610)));
        Assert.True(epoch.Update(1600, TimeSpan.FromSeconds(910)));
        Assert.True(epoch.Update(0, TimeSpan.FromSeconds(911)));
        Assert.False(epoch.Update(0, TimeSpan.FromSeconds(911)));
    }

    [Fact]
    public void Mappings_are_removed_when_no_port_is_used()
    {
        _gateway.Use(FakeGateway.Tcp);
        _gateway.AnswerPcp(_gateway.PcpPackets[0]);
        _gateway.Use();
        byte[] removal = _gateway.PcpPackets[^1];
        Assert.Equal(new byte[4], removal[4..8]);
        Assert.Equal(_gateway.PcpPackets[0][24..36], removal[24..36]);
        Assert.False(_gateway.Mapper.IsReleased);
        _gateway.AnswerPcp(removal);
        Assert.True(_gateway.Mapper.IsReleased);
        Assert.Null(_gateway.Mapper.NextTick);
    }

    [Fact]
    public void A_removal_that_is_not_answered_is_given_up()
    {
        _gateway.Use(FakeGateway.Tcp);
        _gateway.AnswerPcp(_gateway.PcpPackets[0]);
        _gateway.Use();
        _gateway.Advance(TimeSpan.FromSeconds(2));
        Assert.True(_gateway.Mapper.IsReleased);
        Assert.Equal(4, _gateway.PcpPackets.Length);
    }

    [Fact]
    public void An_answer_with_another_nonce_or_port_is_ignored()
    {
        _gateway.Use(FakeGateway.Tcp);
        byte[] forged = [.. _gateway.PcpPackets[0]];
        forged[24]++;
        _gateway.AnswerPcp(forged);
        byte[] other = [.. _gateway.PcpPackets[0]];
        other[41]++;
        _gateway.AnswerPcp(other);
        Assert.Empty(_gateway.Mapper.MappedEntries);
    }

    [Fact]
    public void An_external_port_that_PCP_cannot_provide_is_replaced_by_another()
    {
        _gateway.Use(FakeGateway.Tcp);
        _gateway.AnswerPcp(_gateway.PcpPackets[0], PcpResult.CannotProvideExternal);
        Assert.Equal(2, _gateway.PcpPackets.Length);
        Assert.NotEqual(_gateway.PcpPackets[0][42..44], _gateway.PcpPackets[1][42..44]);
        _gateway.AnswerPcp(_gateway.PcpPackets[1], port: 7777);
        Assert.Equal(7777, Assert.Single(_gateway.Mapper.MappedEntries).ExternalPort);
    }

    [Fact]
    public void A_refused_port_leaves_the_other_mapped()
    {
        _gateway.Use(FakeGateway.Tcp, FakeGateway.Udp);
        _gateway.AnswerPcp(_gateway.PcpPackets[0]);
        _gateway.AnswerPcp(_gateway.PcpPackets[1], PcpResult.UserExceededQuota);
        Assert.Equal(FakeGateway.Tcp, Assert.Single(_gateway.Mapper.MappedEntries).Local);
        Assert.Equal("The gateway can't create more mappings.", _gateway.Mapper.Failure);
    }

    [Fact]
    public void An_IPv6_gateway_is_asked_for_a_pinhole_by_PCP_only()
    {
        var gateway = new FakeGateway("2001:db8::2", "fe80::1");
        gateway.Use(FakeGateway.Tcp);
        gateway.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(2, gateway.PcpPackets.Length);
        Assert.Equal(IPAddress.Parse("2001:db8::2").GetAddressBytes(), gateway.PcpPackets[0][8..24]);
        Assert.Empty(gateway.NatPmpPackets);
        Assert.Equal(0, gateway.Searches);
    }

    [Fact]
    public void Only_interfaces_with_a_private_address_have_gateways()
    {
        IPAddress[] gateways = [IPAddress.Parse("192.168.1.1"), IPAddress.Parse("fe80::1"), IPAddress.Parse("0.0.0.0")];
        Assert.Equal(
            ["192.168.1.2 192.168.1.1", "2001:db8::2 fe80::1"],
            Find(["192.168.1.2", "2001:db8::2"]).Select(one => $"{one.LocalAddress} {one.Address}"));
        Assert.Empty(Find(["20.0.0.2", "2001:db8::2"]));
        Assert.Empty(Find(["127.0.0.1", "::1"]));
        Assert.Empty(Gateway.Find(new Engine.Network.NetworkBinding(IPAddress.Loopback)));

        Gateway[] Find(string[] addresses)
        {
            IPAddress[] parsed = [.. addresses.Select(IPAddress.Parse)];
            return [.. Gateway.Select("eth0", parsed, gateways, parsed.Any(Gateway.IsPrivate))];
        }
    }
}
