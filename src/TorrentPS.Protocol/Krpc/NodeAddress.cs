using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Protocol.Krpc;

/// <summary>Where a node or peer is: an address and a port as a value, so that tables of them need no objects.</summary>
/// <remarks>An IPv4 address and the IPv6 address that stands for it (::ffff:0:0/96) are the same.</remarks>
public readonly struct NodeAddress : IEquatable<NodeAddress>
{
    /// <summary>The length of an IPv4 address and port in bytes (BEP 5, "contact encoding").</summary>
    public const int IPv4Length = 6;

    /// <summary>The length of an IPv6 address and port in bytes (BEP 32).</summary>
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

    /// <summary>Takes an end point's value.</summary>
    public NodeAddress(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        Span<byte> bytes = stackalloc byte[16];
        endPoint.Address.TryWriteBytes(bytes, out int length);
        this = length == 4
            ? new NodeAddress(0, MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(bytes), (ushort)endPoint.Port)
            : new NodeAddress(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), (ushort)endPoint.Port);
    }

    /// <summary>The UDP or TCP port.</summary>
    public ushort Port { get; }

    /// <summary>Whether it is an IPv4 address.</summary>
    public bool IsIPv4 => _high == 0 && _low >> 32 == MappedPrefix >> 32;

    /// <summary>The length in bytes of what <see cref="Write"/> writes.</summary>
    public int CompactLength => IsIPv4 ? IPv4Length : IPv6Length;

    /// <summary>The same host, with port 0.</summary>
    public NodeAddress Host => new(_high, _low, 0);

    /// <summary>What one owner can have many hosts of: the /24 of an IPv4 address, the /64 of an IPv6 address; with port 0.</summary>
    public NodeAddress Network => IsIPv4 ? new NodeAddress(0, _low & ~0xffUL, 0) : new NodeAddress(_high, 0, 0);

    /// <summary>Whether it can be one host's: not unspecified, multicast or reserved, and not port 0.</summary>
    public bool IsUsable => Port != 0 && (IsIPv4 ? First is not 0 and < 224 : First != 0xff && (_high | _low) != 0);

    /// <summary>Whether it belongs to the public network: not private, link-local or loopback (those that BEP 42 excepts).</summary>
    public bool IsPublic => IsIPv4
        ? !((uint)_low >> 24 is 10 or 127 || (uint)_low >> 20 == 0xac1 || (uint)_low >> 16 is 0xc0a8 or 0xa9fe)
        : _high >> 57 != 0xfc >> 1 && _high >> 54 != 0xfe80 >> 6 && (_high != 0 || _low > 1);

    /// <summary>Whether a node at this address may tell us of another: one of the public network has no business to send us to hosts inside ours.</summary>
    public bool MayName(NodeAddress other) => other.IsUsable && (other.IsPublic || !IsPublic);

    private int First => (int)(IsIPv4 ? (_low >> 24) & 0xff : _high >> 56);

    /// <summary>Reads an address and port of <see cref="IPv4Length"/> or <see cref="IPv6Length"/> bytes.</summary>
    /// <returns>False when the length is another.</returns>
    public static bool TryRead(ReadOnlySpan<byte> compact, out NodeAddress address)
    {
        address = compact.Length switch
        {
            IPv4Length => new(0, MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(compact), BinaryPrimitives.ReadUInt16BigEndian(compact[4..])),
            IPv6Length => new(
                BinaryPrimitives.ReadUInt64BigEndian(compact),
                BinaryPrimitives.ReadUInt64BigEndian(compact[8..]),
                BinaryPrimitives.ReadUInt16BigEndian(compact[16..])),
            _ => default,
        };
        return compact.Length is IPv4Length or IPv6Length;
    }

    /// <summary>The same host with another port.</summary>
    public NodeAddress WithPort(ushort port) => new(_high, _low, port);

    /// <summary>Writes address and port as <see cref="TryRead"/> reads them.</summary>
    /// <returns>How many bytes were written: <see cref="CompactLength"/>.</returns>
    public int Write(Span<byte> destination)
    {
        int length = WriteHost(destination);
        BinaryPrimitives.WriteUInt16BigEndian(destination[length..], Port);
        return length + sizeof(ushort);
    }

    /// <summary>Writes the address alone.</summary>
    /// <returns>How many bytes were written: 4 or 16.</returns>
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

    /// <summary>The end point of the same value.</summary>
    public IPEndPoint ToEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        return new IPEndPoint(new IPAddress(bytes[..WriteHost(bytes)]), Port);
    }

    /// <summary>Whether it belongs to a family: IPv4 or IPv6.</summary>
    public bool Is(AddressFamily family) => IsIPv4 == (family == AddressFamily.InterNetwork);

    /// <summary>A number made of the value and a key: who does not know the key can't choose addresses that collide.</summary>
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

    /// <summary>The same in every process, so that nothing depends on a process's seed.</summary>
    public override int GetHashCode() => (int)(Hash(0xa0761d6478bd642f) >> 32);

    /// <summary>As an end point is written.</summary>
    public override string ToString() => ToEndPoint().ToString();

    /// <summary>Compares address and port.</summary>
    public static bool operator ==(NodeAddress left, NodeAddress right) => left.Equals(right);

    /// <summary>Compares address and port.</summary>
    public static bool operator !=(NodeAddress left, NodeAddress right) => !left.Equals(right);
}
