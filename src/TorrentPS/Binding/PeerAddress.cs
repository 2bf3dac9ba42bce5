using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Binding;

/// <summary>
/// The address of a peer or DHT node as a host and a port, such as <c>peer.example:6881</c>, <c>192.0.2.7:6881</c> or
/// <c>[2001:db8::7]:6881</c>.
/// </summary>
/// <param name="Host">Host name or IP address, without brackets.</param>
/// <param name="Port">Port from 1 to 65535.</param>
internal sealed record PeerAddress(string Host, int Port)
{
    /// <summary>Parses <c>host:port</c>. An IPv6 address must be in brackets.</summary>
    /// <exception cref="FormatException">The text is not a host and a port.</exception>
    public static PeerAddress Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon > 0 ? text[..colon] : "";
        bool bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (bracketed)
            host = host[1..^1];
        bool isPortValid = int.TryParse(
            text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && port is > 0 and <= IPEndPoint.MaxPort;
        // Without brackets, the end of an IPv6 address and the port cannot be told apart.
        bool isHostValid = host.Length > 0
            && (bracketed ? IPAddress.TryParse(host, out _) : !host.Contains(':', StringComparison.Ordinal));
        if (!isPortValid || !isHostValid)
        {
            throw new FormatException(
                $"'{text}' is not host:port. Examples: 192.0.2.7:6881, peer.example:6881, [2001:db8::7]:6881.");
        }

        return new PeerAddress(host, port);
    }

    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>Returns one endpoint for each IP address of the host. A host name is resolved by DNS.</summary>
    /// <exception cref="SocketException">The host name could not be resolved.</exception>
    public async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(CancellationToken cancel)
    {
        IPAddress[] found = IPAddress.TryParse(Host, out IPAddress? address)
            ? [address]
            : await Dns.GetHostAddressesAsync(Host, cancel).ConfigureAwait(false);
        return [.. found.Select(each => new IPEndPoint(each.Unmap(), Port))];
    }
}
