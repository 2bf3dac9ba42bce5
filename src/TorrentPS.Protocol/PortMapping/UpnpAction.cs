using System.Globalization;
using System.Net;
using System.Text;

namespace TorrentPS.Protocol.PortMapping;

/// <summary>A SOAP request that invokes an action of a <see cref="UpnpService"/>.</summary>
public sealed record UpnpAction
{
    private readonly IReadOnlyList<(string Name, string Value)> _arguments;

    private UpnpAction(UpnpService service, string name, params IReadOnlyList<(string Name, string Value)> arguments)
    {
        (Service, Name) = (service, name);
        _arguments = arguments;
    }

    /// <summary>The service that executes the action.</summary>
    public UpnpService Service { get; }

    /// <summary>The action's name.</summary>
    public string Name { get; }

    /// <summary>The value of the HTTP header <c>SOAPAction</c>.</summary>
    public string Header => $"\"{Service.Type}#{Name}\"";

    /// <summary>Returns the action <c>GetExternalIPAddress</c>.</summary>
    public static UpnpAction GetExternalAddress(UpnpService service) => new(service, "GetExternalIPAddress");

    /// <summary>
    /// Returns the action <c>AddPortMapping</c>. If the gateway can choose the external port, returns
    /// <c>AddAnyPortMapping</c>.
    /// </summary>
    /// <param name="service">The service.</param>
    /// <param name="transport">The transport protocol.</param>
    /// <param name="externalPort">The preferred port of the gateway.</param>
    /// <param name="local">This machine's address and port.</param>
    /// <param name="description">Description of the mapping, which gateways show to their users.</param>
    /// <param name="lifetime">The lifetime in seconds; 0 for a mapping that doesn't expire.</param>
    public static UpnpAction AddMapping(
        UpnpService service,
        MappedTransport transport,
        ushort externalPort,
        IPEndPoint local,
        string description,
        uint lifetime)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(local);
        return new UpnpAction(
            service,
            service.CanChoosePort ? "AddAnyPortMapping" : "AddPortMapping",
            ("NewRemoteHost", ""),
            ("NewExternalPort", Text(externalPort)),
            ("NewProtocol", Text(transport)),
            ("NewInternalPort", Text(local.Port)),
            ("NewInternalClient", local.Address.ToString()),
            ("NewEnabled", "1"),
            ("NewPortMappingDescription", description),
            ("NewLeaseDuration", Text(lifetime)));
    }

    /// <summary>Returns the action <c>DeletePortMapping</c>.</summary>
    public static UpnpAction DeleteMapping(UpnpService service, MappedTransport transport, ushort externalPort) => new(
        service,
        "DeletePortMapping",
        ("NewRemoteHost", ""),
        ("NewExternalPort", Text(externalPort)),
        ("NewProtocol", Text(transport)));

    /// <summary>Encodes the body of the SOAP request, in UTF-8.</summary>
    public byte[] EncodeBody()
    {
        var text = new StringBuilder();
        text.Append("<?xml version=\"1.0\"?>\r\n<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" ")
            .Append("s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>")
            .Append(CultureInfo.InvariantCulture, $"<u:{Name} xmlns:u=\"{Service.Type}\">");
        foreach ((string name, string value) in _arguments)
            text.Append(CultureInfo.InvariantCulture, $"<{name}>{WebUtility.HtmlEncode(value)}</{name}>");
        text.Append(CultureInfo.InvariantCulture, $"</u:{Name}></s:Body></s:Envelope>\r\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Text(MappedTransport transport) => transport == MappedTransport.Udp ? "UDP" : "TCP";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
