using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Network;

namespace TorrentPS.Engine.Tests.Discovery;

/// <summary>Runs a test only where a network interface has IPv6 multicast, which loopback does not have.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithIPv6NetworkAttribute : FactAttribute
{
    public FactWithIPv6NetworkAttribute()
    {
        if (Address is null)
            Skip = "This machine has no IPv6 network that can multicast.";
    }

    public static IPAddress? Address { get; } = MulticastInterfaces.Find(NetworkBinding.Any)
        .Select(one => one.Address).FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetworkV6);
}
