namespace TorrentPS.Protocol.PortMapping;

/// <summary>A service of a UPnP gateway that maps ports.</summary>
/// <param name="Type">The service type, for example <c>urn:schemas-upnp-org:service:WANIPConnection:1</c>.</param>
/// <param name="ControlUrl">The URL to which actions are sent.</param>
public sealed record UpnpService(string Type, Uri ControlUrl)
{
    /// <summary>
    /// Maximum length of a device description in bytes. Descriptions of gateways are 2 to 20 KiB long.
    /// </summary>
    public const int MaxDescriptionLength = 128 * 1024;

    /// <summary>
    /// Maximum number of services returned from one description. A gateway has one or two internet connections, each
    /// with one such service.
    /// </summary>
    public const int MaxServices = 4;

    private const string TypePrefix = "urn:schemas-upnp-org:service:";

    /// <summary>The types of services that map ports, best first.</summary>
    private static readonly string[] s_types = ["WANIPConnection:2", "WANIPConnection:1", "WANPPPConnection:1"];

    /// <summary>Whether the gateway can choose the external port (IGD 2, <c>AddAnyPortMapping</c>).</summary>
    public bool CanChoosePort => Type.EndsWith(":2", StringComparison.Ordinal);

    /// <summary>Returns the services in a device description that map ports, best first.</summary>
    /// <param name="description">The XML document.</param>
    /// <param name="location">
    /// The URL of the document. Relative URLs in the document are resolved against this URL, unless the document has a
    /// base URL.
    /// </param>
    /// <returns>Empty if the document is malformed or too long, or has no such service with an HTTP URL.</returns>
    public static IReadOnlyList<UpnpService> ParseDescription(ReadOnlyMemory<byte> description, Uri location)
    {
        ArgumentNullException.ThrowIfNull(location);
        var found = new List<(string Type, string ControlUrl)>();
        string? type = null, control = null, urlBase = null;
        bool isValid = UpnpXml.TryRead(description, MaxDescriptionLength, (name, text) =>
        {
            switch (name)
            {
                case "URLBase" when text is { Length: > 0 }:
                    urlBase = text;
                    break;
                case "serviceType":
                    type = text;
                    break;
                case "controlURL":
                    control = text;
                    break;
                case "service":
                    if (type is not null && control is not null && found.Count < MaxServices && RankOf(type) >= 0)
                        found.Add((type, control));
                    (type, control) = (null, null);
                    break;
            }
        });
        if (!isValid)
            return [];
        Uri root = Uri.TryCreate(urlBase, UriKind.Absolute, out Uri? given) ? given : location;
        return
        [
            .. found.OrderBy(one => RankOf(one.Type))
                .Select(one => Uri.TryCreate(root, one.ControlUrl, out Uri? url) && url.Scheme == Uri.UriSchemeHttp
                    ? new UpnpService(one.Type, url)
                    : null)
                .OfType<UpnpService>(),
        ];
    }

    /// <summary>
    /// Returns the position of a service type in <see cref="s_types"/>; −1 if services of that type map no ports.
    /// </summary>
    private static int RankOf(string type) => type.StartsWith(TypePrefix, StringComparison.Ordinal)
        ? Array.IndexOf(s_types, type[TypePrefix.Length..])
        : -1;
}
