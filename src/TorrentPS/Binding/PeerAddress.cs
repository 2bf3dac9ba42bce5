using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Binding;

/// <summary>
/// Address of a peer or DHT node: <c>host:port</c>, <c>192.0.2.7:6881</c> or <c>[2001:db8::7]:6881</c>.
/// </summary>
/// <param name="Host">Host name or address, without brackets.</param>
/// <param name="Port">1 to 65535.</param>
internal sealed record PeerAddress(string Host, int Port)
{
    /// <exception cref="FormatException">The text is not a host and port.</exception>
    public static PeerAddress Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon > 0 ? text[..colon] : "";
        bool bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (bracketed)
            host = host[1..^1];
        bool portIsRight = int.TryParse(
            text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && port is > 0 and <= IPEndPoint.MaxPort;
        // Without brackets the end of an IPv6 address and the start of the port are ambiguous.
        bool hostIsRight = host.Length > 0
            && (bracketed ? IPAddress.TryParse(host, out _) : !host.Contains(':', StringComparison.Ordinal));
        if (!portIsRight || !hostIsRight)
        {
            throw new FormatException(
                $"'{text}' is not a peer: write host:port, such as 192.0.2.7:6881, "
                + "peer.example:6881 or [2001:db8::7]:6881.");
        }

        return new PeerAddress(host, port);
    }

    /// <summary>Returns the text that <see cref="Parse"/> reads.</summary>
    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>Resolves the host to its addresses.</summary>
    /// <exception cref="SocketException">The host name can't be resolved.</exception>
    public async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(CancellationToken cancel)
    {
        IPAddress[] found = IPAddress.TryParse(Host, out IPAddress? address)
            ? [address]
            : await Dns.GetHostAddressesAsync(Host, cancel).ConfigureAwait(false);
        return [.. found.Select(each => new IPEndPoint(each.Unmap(), Port))];
    }
}
