using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Krpc;

/// <summary>
/// IP address and port of a DHT node or peer, as a struct of 24 bytes. Unlike an <see cref="IPEndPoint"/>, it needs no
/// allocation.
/// </summary>
/// <remarks>An IPv4 address equals its IPv4-mapped IPv6 address (::ffff:0:0/96).</remarks>
public readonly struct NodeAddress : IEquatable<NodeAddress>
{
    /// <summary>Length in bytes of an IPv4 address and port in compact form: 6 (BEP 5, "contact encoding").</summary>
    public const int IPv4Length = 6;

    /// <summary>Length in bytes of an IPv6 address and port in compact form: 18 (BEP 32).</summary>
    public const int IPv6Length = 18;

    private const ulong MappedPrefix = 0xffff_0000_0000;

    private readonly ulong _high;
    private readonly ulong _low;

    private NodeAddress(ulong high, ulong low, ushort port)
    {
        _high = high;
        _low = low;
        Port = port;
    }

    /// <summary>Creates the address of an endpoint, without the scope id that an IPv6 address may have.</summary>
    public NodeAddress(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        Span<byte> bytes = stackalloc byte[16];
        endPoint.Address.TryWriteBytes(bytes, out int length);
        this = length == 4
            ? new NodeAddress(0, MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(bytes), (ushort)endPoint.Port)
            : new NodeAddress(
                BinaryPrimitives.ReadUInt64BigEndian(bytes),
                BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
                (ushort)endPoint.Port);
    }

    /// <summary>Gets the port: the UDP port of a DHT node, or the TCP port of a peer.</summary>
    public ushort Port { get; }

    /// <summary>Gets whether this is an IPv4 or IPv4-mapped address.</summary>
    public bool IsIPv4 => _high == 0 && _low >> 32 == MappedPrefix >> 32;

    /// <summary>Gets the same IP address with port 0.</summary>
    public NodeAddress Host => new(_high, _low, 0);

    /// <summary>
    /// Gets the network that contains the address: its /24 for IPv4, its /64 for IPv6. The port is 0. One operator
    /// often controls all addresses of such a network.
    /// </summary>
    public NodeAddress Network => IsIPv4 ? new NodeAddress(0, _low & ~0xffUL, 0) : new NodeAddress(_high, 0, 0);

    /// <summary>Gets the scope of the IP address.</summary>
    public AddressScope Scope
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            return AddressScopes.Of(bytes[..WriteHost(bytes)]);
        }
    }

    /// <summary>
    /// Gets whether a packet can be sent to the address: the port is not 0, and the IP address is unicast.
    /// </summary>
    public bool IsUsable => Port != 0 && Scope.IsUnicast();

    /// <summary>
    /// Gets whether the address has global scope. A node whose address has another scope may have any node id (BEP 42).
    /// </summary>
    public bool IsPublic => Scope == AddressScope.Global;

    /// <summary>
    /// Returns whether this client accepts <paramref name="other"/> in a response of the node at this address.
    /// </summary>
    /// <returns>
    /// False if no packet can be sent to <paramref name="other"/>, if <paramref name="other"/> is link-local, or if
    /// <paramref name="other"/> has a narrower scope than this address. Without the last condition, a node on the
    /// internet could direct this client to hosts of a local network.
    /// </returns>
    public bool CanReferTo(NodeAddress other) => other.Port != 0 && AddressScopes.CanPass(other.Scope, Scope);

    /// <summary>Parses an address and port in compact form.</summary>
    /// <param name="compact"><see cref="IPv4Length"/> or <see cref="IPv6Length"/> bytes.</param>
    /// <param name="address">The parsed address and port.</param>
    /// <returns>False if <paramref name="compact"/> has any other length.</returns>
    public static bool TryRead(ReadOnlySpan<byte> compact, out NodeAddress address)
    {
        address = compact.Length switch
        {
            IPv4Length => new(
                0,
                MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(compact),
                BinaryPrimitives.ReadUInt16BigEndian(compact[4..])),
            IPv6Length => new(
                BinaryPrimitives.ReadUInt64BigEndian(compact),
                BinaryPrimitives.ReadUInt64BigEndian(compact[8..]),
                BinaryPrimitives.ReadUInt16BigEndian(compact[16..])),
            _ => default,
        };
        return compact.Length is IPv4Length or IPv6Length;
    }

    /// <summary>Returns the same IP address with another port.</summary>
    public NodeAddress WithPort(ushort port) => new(_high, _low, port);

    /// <summary>Writes the address and port in compact form.</summary>
    /// <param name="destination">
    /// The buffer to write to: at least <see cref="IPv4Length"/> bytes for an IPv4 address, <see cref="IPv6Length"/>
    /// bytes for an IPv6 address.
    /// </param>
    /// <returns>The number of bytes written.</returns>
    public int Write(Span<byte> destination)
    {
        int length = WriteHost(destination);
        BinaryPrimitives.WriteUInt16BigEndian(destination[length..], Port);
        return length + sizeof(ushort);
    }

    /// <summary>Writes the IP address in network byte order, without the port.</summary>
    /// <returns>The number of bytes written: 4 or 16.</returns>
    public int WriteHost(Span<byte> destination)
    {
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)_low);
            return 4;
        }

        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
        return 16;
    }

    /// <summary>
    /// Creates an <see cref="IPEndPoint"/> of the same address and port. An IPv4-mapped address becomes IPv4.
    /// </summary>
    public IPEndPoint ToEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        return new IPEndPoint(new IPAddress(bytes[..WriteHost(bytes)]), Port);
    }

    /// <summary>
    /// Returns whether the address belongs to an address family. Every family except
    /// <see cref="AddressFamily.InterNetwork"/> is treated as IPv6.
    /// </summary>
    public bool IsOfFamily(AddressFamily family) => IsIPv4 == (family == AddressFamily.InterNetwork);

    /// <summary>
    /// Computes a keyed hash of the address and port. Without knowing the key, a sender cannot choose addresses with
    /// equal hashes.
    /// </summary>
    public ulong Hash(ulong key)
    {
        ulong hash = Mix(_high ^ key, 0x9e3779b97f4a7c15);
        hash = Mix(hash ^ _low, key | 1);
        return Mix(hash ^ Port, 0xd6e8feb86659fd93);

        static ulong Mix(ulong a, ulong b)
        {
            ulong high = Math.BigMul(a, b, out ulong low);
            return high ^ low;
        }
    }

    /// <inheritdoc/>
    public bool Equals(NodeAddress other) => _low == other._low && _high == other._high && Port == other.Port;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NodeAddress other && Equals(other);

    /// <summary>Computes a hash code that is the same in every process, so that simulations are reproducible.</summary>
    public override int GetHashCode() => (int)(Hash(0xa0761d6478bd642f) >> 32);

    /// <summary>Returns the address and port as text, as <see cref="IPEndPoint.ToString"/> does.</summary>
    public override string ToString() => ToEndPoint().ToString();

    /// <summary>Returns whether the two addresses have the same IP address and port.</summary>
    public static bool operator ==(NodeAddress left, NodeAddress right) => left.Equals(right);

    /// <summary>Returns whether the two addresses differ in their IP address or port.</summary>
    public static bool operator !=(NodeAddress left, NodeAddress right) => !left.Equals(right);
}
