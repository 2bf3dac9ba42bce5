using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine.Network;

/// <summary>What a session's sockets are bound to, at one moment.</summary>
internal sealed record NetworkState
{
    /// <summary>The local IPv4 address; 0.0.0.0 for any. Null if the session must not use IPv4.</summary>
    public IPAddress? IPv4 { get; init; }

    /// <summary>The local IPv6 address; <c>::</c> for any. Null if the session must not use IPv6.</summary>
    public IPAddress? IPv6 { get; init; }

    /// <summary>
    /// Name of the interface to which sockets are bound (<c>SO_BINDTODEVICE</c>); null if sockets are bound to
    /// addresses only.
    /// </summary>
    public string? Device { get; init; }

    /// <summary>The operating system's index of the interface; 0 if the session is not bound to an interface.</summary>
    public int Index { get; init; }

    /// <summary>Why no local address can be used, as text for the user; null if an address can be used.</summary>
    public string? Fault { get; init; }

    /// <summary>No binding: all local addresses are used.</summary>
    public static NetworkState Unbound { get; } = new() { IPv4 = IPAddress.Any, IPv6 = IPAddress.IPv6Any };

    /// <summary>Returns the local address of an address family; null if the session must not use the family.</summary>
    public IPAddress? AddressOf(AddressFamily family) => family == AddressFamily.InterNetwork ? IPv4 : IPv6;

    /// <summary>Returns the state of a session that is bound to an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="interfaces">The interfaces that are up.</param>
    /// <param name="canBindToDevice">Whether the system can bind a socket to an interface.</param>
    public static NetworkState OfAddress(
        IPAddress address, IReadOnlyList<LocalInterface> interfaces, bool canBindToDevice)
    {
        LocalInterface? owner = interfaces.FirstOrDefault(one => one.Addresses.Any(each => Matches(each, address)));
        bool isIPv4 = address.AddressFamily == AddressFamily.InterNetwork;

        // The loopback interface can have an address that is not a loopback address, for example one that a routing
        // protocol announces. Packets from such an address may leave over any interface.
        return new NetworkState
        {
            IPv4 = isIPv4 ? address : null,
            IPv6 = isIPv4 ? null : address,
            Device = canBindToDevice && owner is { IsLoopback: false } ? owner.Name : null,
            Index = owner?.Index ?? 0,
        };
    }

    /// <summary>Returns the state of a session that is bound to an interface.</summary>
    /// <param name="name">The interface's name.</param>
    /// <param name="interfaces">The interfaces that are up.</param>
    /// <param name="canBindToDevice">
    /// Whether the system can bind a socket to an interface. Otherwise sockets are bound to the interface's addresses.
    /// </param>
    public static NetworkState OfInterface(
        string name, IReadOnlyList<LocalInterface> interfaces, bool canBindToDevice)
    {
        LocalInterface? found = interfaces.FirstOrDefault(one => one.Name == name);
        IPAddress? ipv4 = found?.Addresses.FirstOrDefault(one => one.AddressFamily == AddressFamily.InterNetwork);
        IPAddress? ipv6 = found?.Addresses
            .Where(one => one.AddressFamily == AddressFamily.InterNetworkV6)
            .OrderBy(one => one.IsIPv6LinkLocal)
            .FirstOrDefault();
        if (found is null || (ipv4 is null && ipv6 is null))
        {
            string problem = found is null ? "is not available" : "has no address";
            return new NetworkState
            {
                Fault = $"The network interface '{name}' {problem}. Torrents continue when it is available again.",
            };
        }

        return canBindToDevice
            ? new NetworkState
            {
                IPv4 = ipv4 is null ? null : IPAddress.Any,
                IPv6 = ipv6 is null ? null : IPAddress.IPv6Any,
                Device = name,
                Index = found.Index,
            }
            : new NetworkState { IPv4 = ipv4, IPv6 = ipv6, Index = found.Index };
    }

    /// <summary>
    /// Returns whether an interface's address is the bind address. A link-local IPv6 address also matches a bind
    /// address without scope id.
    /// </summary>
    public static bool Matches(IPAddress address, IPAddress bindAddress) =>
        address.Equals(bindAddress)
        || (address.IsIPv6LinkLocal && bindAddress is { IsIPv6LinkLocal: true, ScopeId: 0 }
            && address.GetAddressBytes().AsSpan().SequenceEqual(bindAddress.GetAddressBytes()));
}
