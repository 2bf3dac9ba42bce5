using System.Buffers.Binary;
using System.Net;

namespace TorrentPS.Protocol.Primitives;

/// <summary>
/// Range of machines for which an IP address is valid (RFC 4007, RFC 6890). The first three values are for addresses
/// that do not belong to a single machine. The other values are ordered from the narrowest range to the widest.
/// </summary>
public enum AddressScope
{
    /// <summary>
    /// Unspecified: 0.0.0.0/8 and <c>::</c>. Such an address belongs to no machine, but some systems treat a connection
    /// to 0.0.0.0 or <c>::</c> as a connection to the local machine.
    /// </summary>
    Unspecified,

    /// <summary>Multicast: 224.0.0.0/4 and ff00::/8. Such an address stands for a group of machines.</summary>
    Multicast,

    /// <summary>
    /// Reserved (RFC 1112): 240.0.0.0/4, which includes the broadcast address 255.255.255.255.
    /// </summary>
    Reserved,

    /// <summary>Loopback: valid on the local machine only.</summary>
    Loopback,

    /// <summary>Link-local: valid on one link only.</summary>
    Link,

    /// <summary>
    /// Private: RFC 1918, IPv6 unique-local and site-local, and the local prefix of NAT64. Valid within one network.
    /// </summary>
    Private,

    /// <summary>Shared address space (RFC 6598, 100.64.0.0/10): valid within the network of one provider.</summary>
    Shared,

    /// <summary>Any other address; it is assumed to be valid everywhere.</summary>
    Global,
}

/// <summary>
/// Determines the scope of an address, and which addresses this client may accept from others or send to them.
/// </summary>
public static class AddressScopes
{
    /// <summary>Returns the scope of an address.</summary>
    /// <remarks>
    /// An IPv6 address that contains an IPv4 address has the scope of the latter: IPv4-mapped and IPv4-compatible
    /// addresses, NAT64 (64:ff9b::/96) and 6to4 (2002::/16).
    /// </remarks>
    public static AddressScope Of(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return Of(bytes[..length]);
    }

    /// <summary>Returns the scope of an address.</summary>
    /// <param name="address">The address in network byte order: 4 bytes (IPv4) or 16 bytes (IPv6).</param>
    public static AddressScope Of(ReadOnlySpan<byte> address) => address switch
    {
        { Length: 4 } => OfIPv4(address),
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] => AddressScope.Loopback,
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (0 or 0xff), ..] when address[10] == address[11] => OfIPv4(address[12..]),
        [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ..] => OfIPv4(address[12..]),
        [0x00, 0x64, 0xff, 0x9b, 0, 1, ..] => AddressScope.Private,
        [0x20, 0x02, ..] => OfIPv4(address[2..6]),
        [0xff, ..] => AddressScope.Multicast,
        [0xfe, >= 0xc0, ..] or [0xfc or 0xfd, ..] => AddressScope.Private,
        [0xfe, >= 0x80, ..] => AddressScope.Link,
        _ => AddressScope.Global,
    };

    /// <summary>Returns whether an address of this scope belongs to a single machine.</summary>
    public static bool IsUnicast(this AddressScope scope) => scope >= AddressScope.Loopback;

    /// <summary>
    /// Returns whether this client may accept an address from a tracker, DHT node or peer, and whether it may send the
    /// address to such a host.
    /// </summary>
    /// <remarks>
    /// The scope of the passed address must be at least as wide as the scope of the sender's or receiver's own address.
    /// Without this rule, a machine on the internet could make this client connect to machines in this client's private
    /// network. In addition, link-local addresses are neither accepted nor sent.
    /// </remarks>
    /// <param name="address">The scope of the passed address.</param>
    /// <param name="other">The scope of the sender's or receiver's own address.</param>
    public static bool CanPass(AddressScope address, AddressScope other) =>
        address.IsUnicast() && address != AddressScope.Link && address >= other;

    /// <summary>
    /// Returns whether this client may accept an address from a tracker, DHT node or peer, and whether it may send the
    /// address to such a host.
    /// </summary>
    /// <param name="address">The passed address, which the message contains.</param>
    /// <param name="other">The address of the tracker, DHT node or peer that sends or receives the message.</param>
    public static bool CanPass(IPAddress address, IPAddress other) => CanPass(Of(address), Of(other));

    private static AddressScope OfIPv4(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32BigEndian(bytes) switch
    {
        < 0x01_00_00_00 => AddressScope.Unspecified,
        >= 0xf0_00_00_00 => AddressScope.Reserved,
        >= 0xe0_00_00_00 => AddressScope.Multicast,
        >= 0x7f_00_00_00 and <= 0x7f_ff_ff_ff => AddressScope.Loopback,
        >= 0xa9_fe_00_00 and <= 0xa9_fe_ff_ff => AddressScope.Link,
        (>= 0x0a_00_00_00 and <= 0x0a_ff_ff_ff)
            or (>= 0xac_10_00_00 and <= 0xac_1f_ff_ff)
            or (>= 0xc0_a8_00_00 and <= 0xc0_a8_ff_ff) => AddressScope.Private,
        >= 0x64_40_00_00 and <= 0x64_7f_ff_ff => AddressScope.Shared,
        _ => AddressScope.Global,
    };
}
