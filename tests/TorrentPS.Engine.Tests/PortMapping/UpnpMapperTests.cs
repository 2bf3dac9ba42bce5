using System.Net;
using System.Text;
using TorrentPS.Engine.PortMapping;
using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Engine.Tests.PortMapping;

public sealed class UpnpMapperTests
{
    private static readonly UpnpReply s_ok = new();
    private static readonly UpnpReply s_address = new() { ExternalAddress = IPAddress.Parse("203.0.113.5") };
    private readonly FakeGateway _gateway = new();

    [Fact]
    public void Both_ports_are_mapped_one_after_the_other_renewed_and_removed()
    {
        Start("WANIPConnection:1", FakeGateway.Tcp, FakeGateway.Udp);
        _gateway.Reply("AddPortMapping", s_ok);
        _gateway.Reply("AddPortMapping", s_ok);
        Assert.Equal(PortMappingProtocol.Upnp, _gateway.Mapper.Protocol);
        Assert.Equal(s_address.ExternalAddress, _gateway.Mapper.ExternalAddress);
        Assert.Equal(2, _gateway.Mapper.MappedEntries.Count());

        int before = _gateway.Actions.Count;
        _gateway.Advance(TimeSpan.FromMinutes(20));
        _gateway.Reply("GetExternalIPAddress", s_address);
        Assert.Equal(before + 1, _gateway.Actions.Count);
        _gateway.Advance(TimeSpan.FromMinutes(20));
        _gateway.Reply("GetExternalIPAddress", s_address);
        _gateway.Advance(TimeSpan.FromMinutes(20));
        _gateway.Reply("GetExternalIPAddress", s_address);
        _gateway.Reply("AddPortMapping", s_ok);
        _gateway.Reply("AddPortMapping", s_ok);

        _gateway.Use();
        _gateway.Reply("DeletePortMapping", s_ok);
        _gateway.Reply("DeletePortMapping", s_ok);
        Assert.True(_gateway.Mapper.IsReleased);
    }

    [Fact]
    public void A_gateway_of_version_2_chooses_the_external_port()
    {
        Start("WANIPConnection:2", FakeGateway.Tcp);
        _gateway.Reply("AddAnyPortMapping", new UpnpReply { ReservedPort = 7000 });
        Assert.Equal(7000, Assert.Single(_gateway.Mapper.MappedEntries).ExternalPort);
    }

    [Fact]
    public void An_external_port_in_use_is_replaced_by_another_a_few_times()
    {
        Start("WANIPConnection:1", FakeGateway.Tcp);
        for (int i = 0; i < 3; i++)
            _gateway.Reply("AddPortMapping", new UpnpReply { Error = UpnpReply.Conflict });
        string last = Encoding.UTF8.GetString(_gateway.Actions[^1].EncodeBody());
        Assert.DoesNotContain("<NewExternalPort>6881</NewExternalPort>", last, StringComparison.Ordinal);
        Assert.Contains("<NewInternalPort>6881</NewInternalPort>", last, StringComparison.Ordinal);
        _gateway.Reply("AddPortMapping", new UpnpReply { Error = UpnpReply.Conflict });
        Assert.Contains("Another machine uses the external port.", _gateway.Mapper.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gateway_without_lifetimes_gets_a_mapping_without_end_that_is_renewed()
    {
        Start("WANIPConnection:1", FakeGateway.Tcp);
        _gateway.Reply("AddPortMapping", new UpnpReply { Error = UpnpReply.OnlyPermanentLeases });
        Assert.Contains(
            "<NewLeaseDuration>0</NewLeaseDuration>",
            Encoding.UTF8.GetString(_gateway.Actions[^1].EncodeBody()),
            StringComparison.Ordinal);
        _gateway.Reply("AddPortMapping", s_ok);
        _gateway.Advance(TimeSpan.FromMinutes(20));
        _gateway.Reply("GetExternalIPAddress", s_address);
        _gateway.Reply("AddPortMapping", s_ok);
        Assert.Single(_gateway.Mapper.MappedEntries);
    }

    [Fact]
    public void A_mapping_made_after_its_removal_was_requested_is_removed()
    {
        Start("WANIPConnection:1", FakeGateway.Tcp);
        _gateway.Use();
        Assert.False(_gateway.Mapper.IsReleased);
        _gateway.Reply("AddPortMapping", s_ok);
        _gateway.Reply("DeletePortMapping", s_ok);
        Assert.True(_gateway.Mapper.IsReleased);
    }

    [Fact]
    public void Replies_that_are_missing_fail_the_protocol_after_a_few_attempts()
    {
        Start("WANIPConnection:1", FakeGateway.Tcp);
        for (int i = 0; i < 3; i++)
        {
            _gateway.Reply("AddPortMapping", null);
            _gateway.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Contains("UPnP: The gateway does not answer.", _gateway.Mapper.Failure, StringComparison.Ordinal);
        Assert.Equal(4, _gateway.Actions.Count);
    }

    [Theory]
    [InlineData("http://203.0.113.9:5000/ctl")]
    [InlineData("http://127.0.0.1:5000/ctl")]
    [InlineData("http://router.example/ctl")]
    [InlineData("https://192.168.1.1/ctl")]
    public void A_service_elsewhere_is_not_used(string controlUrl)
    {
        _gateway.Use(FakeGateway.Tcp);
        _gateway.SkipToUpnp();
        _gateway.Describe(controlUrl: controlUrl);
        _gateway.Advance(TimeSpan.FromSeconds(10));
        Assert.Empty(_gateway.Actions);
        Assert.Contains("device description is not valid", _gateway.Mapper.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_description_elsewhere_is_not_downloaded_and_few_descriptions_are()
    {
        _gateway.Use(FakeGateway.Tcp);
        _gateway.SkipToUpnp();
        _gateway.Mapper.OnSearchResponse(new Uri("http://192.168.1.9:5000/rootDesc.xml"));
        Assert.Empty(_gateway.Descriptions);
        for (int i = 0; i < 50; i++)
        {
            var location = new Uri($"http://192.168.1.1:5000/{i}.xml");
            _gateway.Mapper.OnSearchResponse(location);
            _gateway.Mapper.OnDescription(null, location, _gateway.Now);
        }

        Assert.Equal(4, _gateway.Descriptions.Count);
    }

    private void Start(string type, params LocalPort[] ports)
    {
        _gateway.Use(ports);
        _gateway.SkipToUpnp();
        _gateway.Describe(type);
        _gateway.Reply("GetExternalIPAddress", s_address);
    }
}
