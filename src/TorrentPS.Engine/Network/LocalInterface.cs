using System.Net;
using System.Net.NetworkInformation;

namespace TorrentPS.Engine.Network;

/// <summary>A network interface of this machine that is up.</summary>
/// <param name="Name">The interface's name.</param>
/// <param name="Index">
/// The operating system's index of the interface. An interface that is removed and created again gets a new index.
/// </param>
/// <param name="IsLoopback">Whether the interface is the loopback interface.</param>
/// <param name="Addresses">The interface's unicast addresses.</param>
internal sealed record LocalInterface(string Name, int Index, bool IsLoopback, IReadOnlyList<IPAddress> Addresses)
{
    /// <summary>
    /// Returns the interfaces that are up. The list is empty if the system does not report its interfaces.
    /// </summary>
    public static IReadOnlyList<LocalInterface> ReadAll()
    {
        try
        {
            return
            [
                .. NetworkInterface.GetAllNetworkInterfaces()
                    .Where(nic => nic.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
                    .Select(nic => new LocalInterface(
                        nic.Name,
                        IndexOf(nic.GetIPProperties()),
                        nic.NetworkInterfaceType == NetworkInterfaceType.Loopback,
                        [.. nic.GetIPProperties().UnicastAddresses.Select(unicast => unicast.Address)])),
            ];
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }

    private static int IndexOf(IPInterfaceProperties properties)
    {
        try
        {
            return properties.GetIPv4Properties()?.Index ?? 0;
        }
        catch (NetworkInformationException)
        {
            // The interface has no IPv4.
            return properties.GetIPv6Properties()?.Index ?? 0;
        }
    }
}
