using System.Net;
using System.Text;

namespace TorrentPS.Protocol.PortMapping;

/// <summary>Encodes searches for UPnP devices, and parses the responses (SSDP, UPnP Device Architecture 1.1).</summary>
public static class SsdpMessage
{
    /// <summary>Maximum length of a response in bytes. Responses are usually about 400 bytes long.</summary>
    public const int MaxLength = 2048;

    /// <summary>Device type of an Internet Gateway Device, version 1. Devices of version 2 respond to it too.</summary>
    public const string GatewayDevice = "urn:schemas-upnp-org:device:InternetGatewayDevice:1";

    /// <summary>Maximum time in seconds by which a gateway may delay its response (<c>MX</c>).</summary>
    public const int MaxDelay = 2;

    /// <summary>Multicast group and UDP port to which a search is sent.</summary>
    public static IPEndPoint Group => new(IPAddress.Parse("239.255.255.250"), 1900);

    /// <summary>Encodes a search for gateways.</summary>
    public static byte[] EncodeSearch() => Encoding.ASCII.GetBytes(
        $"M-SEARCH * HTTP/1.1\r\nHOST: {Group}\r\nMAN: \"ssdp:discover\"\r\nMX: {MaxDelay}\r\nST: {GatewayDevice}\r\n\r\n");

    /// <summary>
    /// Parses a response to a search. Returns the URL of the device description; null if the packet is not a response
    /// with an HTTP URL.
    /// </summary>
    public static Uri? TryParseLocation(ReadOnlySpan<byte> packet)
    {
        if (packet.Length > MaxLength)
            return null;
        string[] lines = Encoding.Latin1.GetString(packet).Split('\n');
        if (!lines[0].StartsWith("HTTP/1.", StringComparison.OrdinalIgnoreCase)
            || !lines[0].Contains(" 200", StringComparison.Ordinal))
            return null;
        foreach (string line in lines.Skip(1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line.AsSpan(0, colon).Trim().Equals("LOCATION", StringComparison.OrdinalIgnoreCase))
            {
                return Uri.TryCreate(line[(colon + 1)..].Trim(), UriKind.Absolute, out Uri? location)
                    && location.Scheme == Uri.UriSchemeHttp
                    ? location
                    : null;
            }
        }

        return null;
    }
}
