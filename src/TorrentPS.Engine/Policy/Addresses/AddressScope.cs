using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Addresses;

/// <summary>How far an address is understood. A wider one is the greater.</summary>
internal enum AddressScope
{
    /// <summary>On this machine alone.</summary>
    Machine,

    /// <summary>On one wire alone: means nothing when passed on.</summary>
    Link,

    /// <summary>In one private network.</summary>
    Site,

    /// <summary>Everywhere.</summary>
    Global,
}

/// <summary>Tells how far an address is understood, and so to whom it may be named and from whom to believe it.</summary>
internal static class AddressScopes
{
    /// <summary>How far an address is understood.</summary>
    public static AddressScope Of(IPAddress address)
    {
        address = address.Unmap();
        if (IPAddress.IsLoopback(address))
            return AddressScope.Machine;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return address.IsIPv6LinkLocal ? AddressScope.Link : address.IsIPv6UniqueLocal || address.IsIPv6SiteLocal ? AddressScope.Site : AddressScope.Global;
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return bytes switch
        {
            [169, 254, ..] => AddressScope.Link,
            [10, ..] or [192, 168, ..] or [172, >= 16 and < 32, ..] or [100, >= 64 and < 128, ..] => AddressScope.Site,
            _ => AddressScope.Global,
        };
    }

    /// <summary>
    /// Whether one peer can know another by this address: a private network's addresses mean nothing outside, and whoever names
    /// them from outside would have us call our own neighbours.
    /// </summary>
    /// <param name="named">The address.</param>
    /// <param name="peer">The peer that names it or is told it.</param>
    public static bool CanPass(IPAddress named, IPAddress peer)
    {
        AddressScope scope = Of(named);
        return scope != AddressScope.Link && scope >= Of(peer);
    }
}
