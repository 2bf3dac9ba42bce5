using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Cli.Options;

/// <summary>A peer or node as the user names it: <c>host:port</c>, <c>1.2.3.4:6881</c> or <c>[::1]:6881</c>.</summary>
internal sealed record HostAndPort(string Host, int Port)
{
    /// <summary>Reads every value given for an option.</summary>
    public static HostAndPort[] ParseAll(ArgumentResult result)
    {
        var all = new List<HostAndPort>();
        foreach (Token token in result.Tokens)
        {
            if (TryParse(token.Value) is { } peer)
                all.Add(peer);
            else
                result.AddError($"'{token.Value}' is not HOST:PORT.");
        }

        return [.. all];
    }

    /// <summary>As it was written: an IPv6 address in brackets.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>Looks the host's addresses up.</summary>
    public async Task<IEnumerable<IPEndPoint>> ResolveAsync(CancellationToken cancellation)
    {
        try
        {
            return (await Dns.GetHostAddressesAsync(Host, cancellation)).Select(address => new IPEndPoint(address, Port));
        }
        catch (SocketException e)
        {
            throw new CommandException(ExitCode.Failed, $"the peer '{Host}' can't be found: {e.Message}");
        }
    }

    private static HostAndPort? TryParse(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port is 0 or > IPEndPoint.MaxPort)
            return null;
        string host = text[..colon];
        if (host is ['[', .. var inside, ']'])
            return IPAddress.TryParse(inside, out _) ? new HostAndPort(inside, port) : null;
        return host.Contains(':', StringComparison.Ordinal) ? null : new HostAndPort(host, port);
    }
}
