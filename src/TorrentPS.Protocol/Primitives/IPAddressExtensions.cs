using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Protocol.Primitives;

/// <summary>
/// One form for every address. A socket of both families names IPv4 hosts by IPv6 addresses that stand for theirs (<c>::ffff:0:0/96</c>,
/// RFC 4291 section 2.5.5.2); everybody else, and all comparing, knows them by the IPv4 address.
/// </summary>
public static class IPAddressExtensions
{
    /// <summary>The IPv4 address that an IPv6 address stands for; any other address as it is.</summary>
    public static IPAddress Unmap(this IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    /// <summary>The end point with its address as <see cref="Unmap(IPAddress)"/> gives it.</summary>
    public static IPEndPoint Unmap(this IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return endPoint.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port) : endPoint;
    }

    /// <summary>Whether it is an IPv4 address or stands for one.</summary>
    public static bool IsIPv4(this IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.AddressFamily == AddressFamily.InterNetwork || address.IsIPv4MappedToIPv6;
    }
}
