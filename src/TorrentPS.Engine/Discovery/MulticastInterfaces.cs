using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using TorrentPS.Engine.Network;

namespace TorrentPS.Engine.Discovery;

/// <summary>A network interface with one of its addresses.</summary>
/// <param name="Name">The interface's name.</param>
/// <param name="Address">The local address from which packets are sent.</param>
/// <param name="Index">The system's index of the interface. An IPv6 socket selects the interface by this index.</param>
internal readonly record struct MulticastInterface(string Name, IPAddress Address, int Index);

internal static class MulticastInterfaces
{
    /// <summary>
    /// Maximum number of returned entries. This is enough for eight interfaces with both address families. On hosts
    /// with more interfaces, most of them are virtual.
    /// </summary>
    private const int MaxInterfaces = 16;

    /// <summary>
    /// Returns the interfaces that are up and support multicast, without loopback interfaces. In a bound session,
    /// returns only the interface to which the session is bound, even if it is a loopback interface or does not report
    /// multicast support.
    /// </summary>
    /// <returns>
    /// One entry per interface and address family. Empty if the system does not report its interfaces.
    /// </returns>
    public static IReadOnlyList<MulticastInterface> Find(NetworkBinding binding)
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
                if (binding.IsBound)
                    addresses = [.. addresses.Where(address => binding.Contains(nic.Name, address))];
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
        // Receivers connect to the source address of the packet. A link-local address is therefore the last choice.
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
}
