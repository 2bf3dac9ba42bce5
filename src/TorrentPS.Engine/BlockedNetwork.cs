using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <summary>Reads and compares the networks of a <see cref="SessionSettings.BlockList"/>.</summary>
public static class BlockedNetwork
{
    /// <summary>
    /// Prefix length of the network that is blocked for a global IPv6 address. One subscriber usually has all addresses
    /// of a /64.
    /// </summary>
    private const int SubscriberPrefix = 64;

    /// <summary>
    /// Returns the network to block for an address: the address alone, or the /64 network of a global IPv6 address.
    /// </summary>
    public static IPNetwork Of(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        IPAddress unmapped = address.Unmap();
        if (unmapped.AddressFamily == AddressFamily.InterNetwork)
            return new IPNetwork(unmapped, 32);
        byte[] bytes = unmapped.GetAddressBytes();
        bool isLocal = IPAddress.IsLoopback(unmapped) || unmapped.IsIPv6LinkLocal || unmapped.IsIPv6UniqueLocal
            || unmapped.IsIPv6SiteLocal;
        if (isLocal)
            return new IPNetwork(new IPAddress(bytes), 128);
        bytes.AsSpan(SubscriberPrefix / 8).Clear();
        return new IPNetwork(new IPAddress(bytes), SubscriberPrefix);
    }

    /// <summary>
    /// Parses an IP address, an IP address with a port, or a network such as <c>203.0.113.0/24</c>. A port is ignored.
    /// An address is converted to a network by <see cref="Of"/>.
    /// </summary>
    /// <param name="text">The text to parse.</param>
    /// <param name="network">
    /// The parsed network, or the default value if the text is neither an address nor a network.
    /// </param>
    /// <returns>
    /// Whether the text is an address or a network. In a network, address bits after the prefix are ignored.
    /// </returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out IPNetwork network)
    {
        network = default;
        if (text is null)
            return false;
        if (text.Contains('/', StringComparison.Ordinal))
            return IPNetwork.TryParse(text, out network);
        if (IPAddress.TryParse(text, out IPAddress? address) || TryParseEndPoint(text, out address))
        {
            network = Of(address);
            return true;
        }

        return false;
    }

    /// <summary>Returns whether an address is in one of the networks.</summary>
    internal static bool Contains(IReadOnlyList<IPNetwork> networks, IPAddress address)
    {
        if (networks.Count == 0)
            return false;
        IPAddress unmapped = address.Unmap();
        for (int i = 0; i < networks.Count; i++)
        {
            if (networks[i].Contains(unmapped))
                return true;
        }

        return false;
    }

    private static bool TryParseEndPoint(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = IPEndPoint.TryParse(text, out IPEndPoint? endPoint) ? endPoint.Address : null;
        return address is not null;
    }
}
