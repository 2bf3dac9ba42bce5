using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Addresses;

/// <summary>
/// Range of machines for which an IP address is valid (RFC 4007). The values are ordered from the narrowest range to
/// the widest.
/// </summary>
internal enum AddressScope
{
    /// <summary>Loopback: valid on the local machine only.</summary>
    Loopback,

    /// <summary>Link-local: valid on one link only.</summary>
    Link,

    /// <summary>
    /// Private (RFC 1918), carrier-grade NAT (RFC 6598), or IPv6 unique-local or site-local: valid within one network.
    /// </summary>
    Site,

    /// <summary>Any other address; it is assumed to be valid everywhere.</summary>
    Global,
}

/// <summary>Determines the scope of an address, and decides which addresses may be exchanged with a peer.</summary>
internal static class AddressScopes
{
    public static AddressScope Of(IPAddress address)
    {
        address = address.Unmap();
        if (IPAddress.IsLoopback(address))
            return AddressScope.Loopback;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return address.IsIPv6LinkLocal ? AddressScope.Link
                : address.IsIPv6UniqueLocal || address.IsIPv6SiteLocal ? AddressScope.Site
                : AddressScope.Global;
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return bytes switch
        {
            [169, 254, ..] => AddressScope.Link,
            [10, ..] or [192, 168, ..] or [172, >= 16 and < 32, ..] or [100, >= 64 and < 128, ..] => AddressScope.Site,
            _ => AddressScope.Global,
        };
    }

    /// <summary>Returns whether peer exchange may send an address to a peer, or accept it from that peer.</summary>
    /// <remarks>
    /// The scope of the address must be at least as wide as the scope of the peer's own address. A link-local address
    /// is never exchanged. Without this rule, a peer on the internet could make this client connect to machines in this
    /// client's private network.
    /// </remarks>
    /// <param name="address">The address in the peer exchange message.</param>
    /// <param name="peer">The address of the peer that sends or receives the message.</param>
    public static bool CanPass(IPAddress address, IPAddress peer)
    {
        AddressScope scope = Of(address);
        return scope != AddressScope.Link && scope >= Of(peer);
    }
}
