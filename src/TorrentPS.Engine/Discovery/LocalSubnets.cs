using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using TorrentPS.Engine.Network;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// The networks of an interface. If the source address of an announce (BEP 14) is in none of these networks and is not
/// link-local, the announce did not come from the local network. Its source address is forged, or a router forwards
/// multicast.
/// </summary>
internal sealed record LocalSubnets(IReadOnlyList<IPNetwork> Networks)
{
    /// <summary>
    /// Maximum prefix length of an IPv6 network in bits. The system reports a prefix length of 128 for an address from
    /// DHCPv6, although the network of the address usually has a prefix length of 64.
    /// </summary>
    private const int MaxIPv6Prefix = 64;

    /// <summary>
    /// Returns the networks of the interface to which the local address <paramref name="address"/> is assigned.
    /// </summary>
    public static LocalSubnets Of(IPAddress address)
    {
        try
        {
            return new LocalSubnets(
            [
                .. NetworkInterface.GetAllNetworkInterfaces()
                    .Select(nic => nic.GetIPProperties().UnicastAddresses)
                    .Where(own => own.Any(each => NetworkState.Matches(each.Address, address)))
                    .SelectMany(own => own)
                    .Select(each => NetworkOf(each.Address, each.PrefixLength)),
            ]);
        }
        catch (NetworkInformationException)
        {
            return new LocalSubnets([]);
        }
    }

    /// <summary>Returns whether an address belongs to one of the networks, or is link-local.</summary>
    public bool Contains(IPAddress address) =>
        AddressScopes.Of(address) == AddressScope.Link || Networks.Any(network => network.Contains(address.Unmap()));

    /// <summary>Returns the network of an interface's address.</summary>
    public static IPNetwork NetworkOf(IPAddress address, int prefix)
    {
        bool isIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        byte[] bytes = address.GetAddressBytes();
        int used = isIPv6 ? Math.Min(prefix, MaxIPv6Prefix) : prefix;
        for (int bit = used; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), used);
    }
}
