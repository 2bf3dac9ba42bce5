using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace TorrentPS.Engine.Discovery;

/// <summary>A way into a local network.</summary>
/// <param name="Name">The interface's name.</param>
/// <param name="Address">The address to send from.</param>
/// <param name="Index">The interface's number, by which IPv6 knows it.</param>
internal readonly record struct MulticastInterface(string Name, IPAddress Address, int Index);

/// <summary>Finds the interfaces that lead into local networks.</summary>
internal static class MulticastInterfaces
{
    /// <summary>The most interfaces used; machines with more have virtual ones for the rest.</summary>
    private const int MaxInterfaces = 16;

    /// <summary>The interfaces that are up and can multicast; when an address is given, the one that has it, whatever it can.</summary>
    /// <param name="bindAddress">The only address to use, or null.</param>
    /// <returns>One entry per interface and address family.</returns>
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
            // What the system does not tell cannot be used.
        }

        return [.. found.Take(MaxInterfaces)];
    }

    private static void Add(List<MulticastInterface> found, NetworkInterface nic, IPAddress[] addresses, AddressFamily family)
    {
        // Whoever hears it calls the address it came from: one that is good on this wire alone is the last choice.
        IPAddress? address = addresses.Where(one => one.AddressFamily == family).OrderBy(one => one.IsIPv6LinkLocal).FirstOrDefault();
        if (address is not null && IndexOf(nic, family) is { } index)
            found.Add(new MulticastInterface(nic.Name, address, index));
    }

    private static int? IndexOf(NetworkInterface nic, AddressFamily family)
    {
        try
        {
            IPInterfaceProperties properties = nic.GetIPProperties();
            return family == AddressFamily.InterNetwork ? properties.GetIPv4Properties()?.Index : properties.GetIPv6Properties()?.Index;
        }
        catch (NetworkInformationException)
        {
            return null;
        }
    }

    /// <summary>Link-local addresses may be given with or without their scope.</summary>
    private static bool IsSame(IPAddress address, IPAddress wanted) =>
        address.Equals(wanted) || (address.IsIPv6LinkLocal && wanted is { IsIPv6LinkLocal: true, ScopeId: 0 } && address.GetAddressBytes().AsSpan().SequenceEqual(wanted.GetAddressBytes()));
}
