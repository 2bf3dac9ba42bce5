using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Discovery;

namespace TorrentPS.Engine.Tests.Discovery;

/// <summary>Loopback has no multicast over IPv6: without a network of that kind there is nothing to test on.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithIPv6NetworkAttribute : FactAttribute
{
    public FactWithIPv6NetworkAttribute()
    {
        if (Address is null)
            Skip = "This machine has no IPv6 network that can multicast.";
    }

    public static IPAddress? Address { get; } = MulticastInterfaces.Find(null)
        .Select(one => one.Address).FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetworkV6);
}
