using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Cli.Options;

/// <summary>
/// The address of a peer or DHT node as a host and a port, such as <c>peer.example:6881</c>, <c>192.0.2.7:6881</c> or
/// <c>[2001:db8::7]:6881</c>.
/// </summary>
internal sealed record HostAndPort(string Host, int Port)
{
    /// <summary>End of the error message for an invalid text, which begins with <c>'text' is</c>.</summary>
    public const string Problem = "not in the form HOST:PORT";

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal)
        ? $"[{Host}]:{Port}"
        : $"{Host}:{Port}";

    /// <summary>Returns one endpoint for each IP address of the host. A host name is resolved by DNS.</summary>
    /// <exception cref="CommandException">The host name cannot be resolved.</exception>
    public async Task<IEnumerable<IPEndPoint>> ResolveAsync(CancellationToken cancellation)
    {
        try
        {
            return (await Dns.GetHostAddressesAsync(Host, cancellation)).Select(
                address => new IPEndPoint(address, Port));
        }
        catch (SocketException e)
        {
            throw new CommandException(ExitCode.Failed, $"cannot resolve host '{Host}': {e.Message}");
        }
    }

    public static bool TryParse(string text, out HostAndPort value)
    {
        value = Parse(text)!;
        return value is not null;
    }

    private static HostAndPort? Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon <= 0)
            return null;
        ReadOnlySpan<char> portText = text.AsSpan(colon + 1);
        if (!int.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out int port))
            return null;
        if (port is 0 or > IPEndPoint.MaxPort)
            return null;
        string host = text[..colon];
        if (host is ['[', .. var inside, ']'])
            return IPAddress.TryParse(inside, out _) ? new HostAndPort(inside, port) : null;
        return host.Contains(':', StringComparison.Ordinal) ? null : new HostAndPort(host, port);
    }
}
