using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using TorrentPS.Engine.Network;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.PortMapping;

/// <summary>A default gateway of this machine.</summary>
/// <param name="Interface">Name of the network interface.</param>
/// <param name="LocalAddress">This machine's address, to which the gateway forwards connections.</param>
/// <param name="Address">The gateway's address.</param>
internal sealed record Gateway(string Interface, IPAddress LocalAddress, IPAddress Address)
{
    /// <summary>
    /// Maximum number of gateways that are used. A machine usually has one for each connected network and address
    /// family.
    /// </summary>
    private const int MaxGateways = 8;

    /// <summary>
    /// Returns the default gateways of the interfaces that a session may use. Leaves out loopback interfaces, and
    /// interfaces without a private address, because ports are mapped only in private networks.
    /// </summary>
    /// <returns>Empty if there are none, or if the system does not report its interfaces.</returns>
    public static IReadOnlyList<Gateway> Find(NetworkBinding binding)
    {
        try
        {
            return
            [
                .. NetworkInterface.GetAllNetworkInterfaces()
                    .Where(nic => nic.NetworkInterfaceType != NetworkInterfaceType.Loopback)
                    .Where(nic => nic.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
                    .SelectMany(nic => Find(nic, binding))
                    .Distinct()
                    .Take(MaxGateways),
            ];
        }
        catch (Exception error) when (error is NetworkInformationException or PlatformNotSupportedException)
        {
            return [];
        }
    }

    /// <summary>
    /// Returns the gateways of one interface at which ports can be mapped. For an IPv4 gateway, the interface must have
    /// a private IPv4 address. For an IPv6 gateway, it must have a global IPv6 address. The router of a private network
    /// usually blocks connections from the internet to such an address.
    /// </summary>
    /// <param name="name">Name of the interface.</param>
    /// <param name="addresses">The addresses of the interface that the session may use.</param>
    /// <param name="gateways">The gateways of the interface.</param>
    /// <param name="hasPrivateAddress">
    /// Whether the interface has a private address. If not, no gateway is returned.
    /// </param>
    public static IEnumerable<Gateway> Select(
        string name, IReadOnlyList<IPAddress> addresses, IEnumerable<IPAddress> gateways, bool hasPrivateAddress)
    {
        if (!hasPrivateAddress)
            yield break;
        IPAddress? ipv4 = addresses.FirstOrDefault(
            one => one.AddressFamily == AddressFamily.InterNetwork && IsPrivate(one));
        IPAddress? ipv6 = addresses.FirstOrDefault(
            one => one.AddressFamily == AddressFamily.InterNetworkV6 && AddressScopes.Of(one) == AddressScope.Global);
        foreach (IPAddress gateway in gateways)
        {
            bool isUsable = AddressScopes.Of(gateway) > AddressScope.Loopback;
            if (isUsable && (gateway.AddressFamily == AddressFamily.InterNetwork ? ipv4 : ipv6) is { } local)
                yield return new Gateway(name, local, gateway);
        }
    }

    public static bool IsPrivate(IPAddress address) =>
        AddressScopes.Of(address) is AddressScope.Private or AddressScope.Shared;

    private static IEnumerable<Gateway> Find(NetworkInterface nic, NetworkBinding binding)
    {
        IPInterfaceProperties properties = nic.GetIPProperties();
        IPAddress[] addresses = [.. properties.UnicastAddresses.Select(unicast => unicast.Address)];
        return Select(
            nic.Name,
            [.. addresses.Where(address => binding.Contains(nic.Name, address))],
            properties.GatewayAddresses.Select(gateway => gateway.Address),
            addresses.Any(IsPrivate));
    }
}
