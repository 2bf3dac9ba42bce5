using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace TorrentPS.Engine.Discovery;

/// <summary>A network interface with one of its addresses.</summary>
/// <param name="Name">The interface's name.</param>
/// <param name="Address">The local address to send from.</param>
/// <param name="Index">The system's index of the interface, which IPv6 sockets need.</param>
internal readonly record struct MulticastInterface(string Name, IPAddress Address, int Index);

/// <summary>Finds the network interfaces that local discovery uses for multicast.</summary>
internal static class MulticastInterfaces
{
    /// <summary>
    /// Maximum number of entries returned. On hosts with more interfaces, most interfaces are virtual.
    /// </summary>
    private const int MaxInterfaces = 16;

    /// <summary>
    /// Returns the interfaces that are up and support multicast, without loopback. With a bind address, returns only
    /// the interface with that address, even if it is loopback or doesn't report multicast support.
    /// </summary>
    /// <param name="bindAddress">The only local address to use; null for all.</param>
    /// <returns>One entry per interface and address family. Empty if the interfaces can't be read.</returns>
    public static IReadOnlyList<MulticastInterface> Find(IPAddress? bindAddress)
    {
        var found = new List<MulticastInterface>();
        try
        {
            foreach (NetworkInterface nic in NetworkInterface.GetAllNetworkInterfaces())
            {
                if (nic.OperationalStatus is not (OperationalStatus.Up or OperationalStatus.Unknown))
                    continue;
                bool isSuitable = nic.SupportsMulticast && nic.NetworkInterfaceType != NetworkInterfaceType.Loopback;
                IPAddress[] addresses = [.. nic.GetIPProperties().UnicastAddresses.Select(unicast => unicast.Address)];
                if (bindAddress is not null)
                    addresses = [.. addresses.Where(address => IsSame(address, bindAddress))];
                else if (!isSuitable)
                    continue;
                Add(found, nic, addresses, AddressFamily.InterNetwork);
                Add(found, nic, addresses, AddressFamily.InterNetworkV6);
            }
        }
        catch (NetworkInformationException)
        {
            // Interfaces that the system does not report can't be used.
        }

        return [.. found.Take(MaxInterfaces)];
    }

    private static void Add(
        List<MulticastInterface> found, NetworkInterface nic, IPAddress[] addresses, AddressFamily family)
    {
        // Receivers connect to the source address of the packet, so that a link-local address is the last choice.
        IPAddress? address = addresses
            .Where(one => one.AddressFamily == family)
            .OrderBy(one => one.IsIPv6LinkLocal)
            .FirstOrDefault();
        if (address is not null && IndexOf(nic, family) is { } index)
            found.Add(new MulticastInterface(nic.Name, address, index));
    }

    private static int? IndexOf(NetworkInterface nic, AddressFamily family)
    {
        try
        {
            IPInterfaceProperties properties = nic.GetIPProperties();
            return family == AddressFamily.InterNetwork
                ? properties.GetIPv4Properties()?.Index
                : properties.GetIPv6Properties()?.Index;
        }
        catch (NetworkInformationException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether an interface's address is the configured one. A link-local IPv6 address also matches if it was
    /// configured without a scope id.
    /// </summary>
    private static bool IsSame(IPAddress address, IPAddress wanted) =>
        address.Equals(wanted)
        || (address.IsIPv6LinkLocal && wanted is { IsIPv6LinkLocal: true, ScopeId: 0 }
            && address.GetAddressBytes().AsSpan().SequenceEqual(wanted.GetAddressBytes()));
}
