using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Protocol.Tests.PortMapping;

public sealed class UpnpTests
{
    private const string Reply =
        "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>"
        + "<u:GetExternalIPAddressResponse xmlns:u=\"urn:schemas-upnp-org:service:WANIPConnection:1\">"
        + "<NewExternalIPAddress>203.0.113.5</NewExternalIPAddress></u:GetExternalIPAddressResponse></s:Body></s:Envelope>";

    private const string Fault =
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><s:Fault><faultcode>s:Client</faultcode>"
        + "<faultstring>UPnPError</faultstring><detail><UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\">"
        + "<errorCode>718</errorCode><errorDescription>ConflictInMappingEntry</errorDescription></UPnPError></detail>"
        + "</s:Fault></s:Body></s:Envelope>";

    private static readonly Uri s_location = new("http://192.168.1.1:5000/rootDesc.xml");

    private static readonly UpnpService s_service =
        new("urn:schemas-upnp-org:service:WANIPConnection:1", new Uri("http://192.168.1.1:5000/ctl/IPConn"));

    [Fact]
    public void A_search_is_encoded_as_in_the_device_architecture() =>
        Assert.Equal(
            "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\n"
                + "ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n",
            Encoding.ASCII.GetString(SsdpMessage.EncodeSearch()));

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nST: x\r\nLOCATION: http://192.168.1.1:5000/rootDesc.xml\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nLocation:http://192.168.1.1:5000/rootDesc.xml")]
    public void The_location_of_a_response_is_read(string packet) =>
        Assert.Equal(s_location, SsdpMessage.TryParseLocation(Encoding.ASCII.GetBytes(packet)));

    [Theory]
    [InlineData("")]
    [InlineData("NOTIFY * HTTP/1.1\r\nLOCATION: http://192.168.1.1/\r\n\r\n")]
    [InlineData("HTTP/1.1 404 Not Found\r\nLOCATION: http://192.168.1.1/\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nLOCATION: file:///etc/passwd\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nLOCATION: /rootDesc.xml\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nST: x\r\n\r\n")]
    public void Other_packets_are_ignored(string packet) =>
        Assert.Null(SsdpMessage.TryParseLocation(Encoding.ASCII.GetBytes(packet)));

    [Fact]
    public void Services_are_found_in_a_description_best_first()
    {
        string description = Description(
            Service("WANPPPConnection:1", "/ppp"), Service("WANCommonInterfaceConfig:1", "/common"),
            Service("WANIPConnection:2", "ctl/ip"));
        IReadOnlyList<UpnpService> services = Parse(description);
        Assert.Equal(
            [
                ("urn:schemas-upnp-org:service:WANIPConnection:2", "http://192.168.1.1:5000/ctl/ip"),
                ("urn:schemas-upnp-org:service:WANPPPConnection:1", "http://192.168.1.1:5000/ppp"),
            ],
            services.Select(service => (service.Type, service.ControlUrl.ToString())));
        Assert.True(services[0].CanChoosePort);
        Assert.False(services[1].CanChoosePort);
    }

    [Fact]
    public void A_control_URL_can_be_relative_to_the_URLBase() =>
        Assert.Equal(
            "http://192.168.1.1:80/x",
            Assert.Single(Parse(Description("<URLBase>http://192.168.1.1:80/</URLBase>", Service("WANIPConnection:1", "x"))))
                .ControlUrl.OriginalString.Replace("192.168.1.1/", "192.168.1.1:80/", StringComparison.Ordinal));

    [Fact]
    public void A_description_with_entities_or_nested_too_deeply_or_too_long_has_no_services()
    {
        string service = Service("WANIPConnection:1", "/ip");
        Assert.Single(Parse(Description(service)));
        Assert.Empty(Parse("<!DOCTYPE root [<!ENTITY a \"aaaa\">]>" + Description(service)));
        Assert.Empty(Parse("<!DOCTYPE root SYSTEM \"http://192.168.1.1/x.dtd\">" + Description(service)));
        Assert.Empty(Parse(string.Concat(Enumerable.Repeat("<a>", 40)) + service));
        Assert.Empty(Parse(Description(service, new string(' ', UpnpService.MaxDescriptionLength))));
        Assert.Equal(UpnpService.MaxServices, Parse(Description([.. Enumerable.Repeat(service, 50)])).Count);
        Assert.Empty(Parse(Description(Service("WANIPConnection:1", "ftp://192.168.1.1/x"))));
    }

    [Fact]
    public void An_action_is_encoded_as_a_SOAP_request()
    {
        var action = UpnpAction.AddMapping(
            s_service, MappedTransport.Udp, 6882, new IPEndPoint(IPAddress.Parse("192.168.1.2"), 6881), "A & <B>", 3600);
        string body = Encoding.UTF8.GetString(action.EncodeBody());
        Assert.Equal("\"urn:schemas-upnp-org:service:WANIPConnection:1#AddPortMapping\"", action.Header);
        Assert.Contains(
            "<u:AddPortMapping xmlns:u=\"urn:schemas-upnp-org:service:WANIPConnection:1\"><NewRemoteHost></NewRemoteHost>"
                + "<NewExternalPort>6882</NewExternalPort><NewProtocol>UDP</NewProtocol><NewInternalPort>6881</NewInternalPort>"
                + "<NewInternalClient>192.168.1.2</NewInternalClient><NewEnabled>1</NewEnabled>"
                + "<NewPortMappingDescription>A &amp; &lt;B&gt;</NewPortMappingDescription>"
                + "<NewLeaseDuration>3600</NewLeaseDuration></u:AddPortMapping>",
            body,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Replies_are_parsed()
    {
        Assert.Equal(IPAddress.Parse("203.0.113.5"), Read(Reply)!.ExternalAddress);
        Assert.Null(Read(Reply)!.Error);
        Assert.Equal(UpnpReply.Conflict, Read(Fault)!.Error);
        string chosen = Reply.Replace("NewExternalIPAddress>203.0.113.5", "NewReservedPort>7000", StringComparison.Ordinal)
            .Replace("/NewExternalIPAddress", "/NewReservedPort", StringComparison.Ordinal);
        Assert.Equal((ushort)7000, Read(chosen)!.ReservedPort);
        Assert.Null(Read("<html>login</html>"));
        Assert.Null(Read("<!DOCTYPE x>" + Reply));
        Assert.Null(Read(Reply + new string(' ', UpnpReply.MaxLength)));
    }

    [Fact]
    public void Mutated_messages_are_parsed_or_ignored() =>
        Prop.ForAll<int>(seed =>
        {
            byte[] description = Encoding.UTF8.GetBytes(Description(Service("WANIPConnection:1", "/ip")));
            Read(Mutation.Of(Encoding.UTF8.GetBytes(Reply), description, seed));
            Read(Mutation.Of(Encoding.UTF8.GetBytes(Fault), description, seed));
            SsdpMessage.TryParseLocation(Mutation.Of(
                "HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.1:5000/\r\n\r\n"u8.ToArray(), description, seed));
            return UpnpService.ParseDescription(Mutation.Of(description, description, seed), s_location).Count
                <= UpnpService.MaxServices;
        }).QuickCheckThrowOnFailure();

    private static UpnpReply? Read(string body) => Read(Encoding.UTF8.GetBytes(body));

    private static UpnpReply? Read(byte[] body) => UpnpReply.TryParse(body);

    private static IReadOnlyList<UpnpService> Parse(string description) =>
        UpnpService.ParseDescription(Encoding.UTF8.GetBytes(description), s_location);

    private static string Service(string type, string url) =>
        $"<service><serviceType>urn:schemas-upnp-org:service:{type}</serviceType><controlURL>{url}</controlURL></service>";

    private static string Description(params string[] content) =>
        $"<root xmlns=\"urn:schemas-upnp-org:device-1-0\">{string.Concat(content)}</root>";
}
