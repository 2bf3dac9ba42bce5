using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Protocol.Primitives;

/// <summary>
/// Converts IPv4-mapped IPv6 addresses (<c>::ffff:0:0/96</c>, RFC 4291 section 2.5.5.2) to IPv4 addresses. A dual-stack
/// socket reports an IPv4 peer under its mapped address. Without the conversion, this address would not equal the
/// peer's IPv4 address.
/// </summary>
public static class IPAddressExtensions
{
    /// <summary>
    /// Returns the IPv4 address that an IPv4-mapped IPv6 address contains. Any other address is returned unchanged.
    /// </summary>
    public static IPAddress Unmap(this IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    /// <summary>
    /// Returns the endpoint with its address converted by <see cref="Unmap(IPAddress)"/>, and the same port.
    /// </summary>
    public static IPEndPoint Unmap(this IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return endPoint.Address.IsIPv4MappedToIPv6
            ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port)
            : endPoint;
    }

    /// <summary>Returns whether the address is an IPv4 address or an IPv4-mapped address.</summary>
    public static bool IsIPv4(this IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.AddressFamily == AddressFamily.InterNetwork || address.IsIPv4MappedToIPv6;
    }
}
