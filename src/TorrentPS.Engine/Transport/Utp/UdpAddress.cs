using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace TorrentPS.Engine.Transport.Utp;

/// <summary>
/// An IP address and a port as a value type. Finding the connection of a packet's sender then needs no allocation.
/// </summary>
/// <param name="High">The first 8 bytes of an IPv6 address; 0 for IPv4.</param>
/// <param name="Low">The last 8 bytes of an IPv6 address, or the IPv4 address.</param>
/// <param name="Scope">The scope id of an IPv6 address; 0 for IPv4.</param>
/// <param name="Port">The port.</param>
/// <param name="IsIPv4">Whether the address is an IPv4 address.</param>
internal readonly record struct UdpAddress(ulong High, ulong Low, uint Scope, ushort Port, bool IsIPv4)
{
    private const int IPv6Length = 16;

    /// <summary>Offsets in bytes of the fields of a socket address on Linux, macOS and Windows.</summary>
    private const int PortOffset = 2, IPv4Offset = 4, IPv6Offset = 8, ScopeOffset = 24;

    /// <summary>The same address with port 0: the key by which the connections with one address are counted.</summary>
    public UdpAddress WithoutPort => this with { Port = 0 };

    public static UdpAddress Of(IPEndPoint endPoint)
    {
        Span<byte> bytes = stackalloc byte[IPv6Length];
        endPoint.Address.TryWriteBytes(bytes, out int length);
        return length == IPv6Length
            ? new UdpAddress(
                BinaryPrimitives.ReadUInt64BigEndian(bytes),
                BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
                (uint)endPoint.Address.ScopeId,
                (ushort)endPoint.Port,
                false)
            : new UdpAddress(0, BinaryPrimitives.ReadUInt32BigEndian(bytes), 0, (ushort)endPoint.Port, true);
    }

    /// <summary>Reads the address of a received packet.</summary>
    public static UdpAddress Of(SocketAddress address) => Of(address.Buffer.Span, address.Family);

    /// <summary>Reads the address of a received packet from the system's socket address.</summary>
    public static UdpAddress Of(ReadOnlySpan<byte> bytes, AddressFamily family)
    {
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(bytes[PortOffset..]);
        return family == AddressFamily.InterNetwork
            ? new UdpAddress(0, BinaryPrimitives.ReadUInt32BigEndian(bytes[IPv4Offset..]), 0, port, true)
            : new UdpAddress(
                BinaryPrimitives.ReadUInt64BigEndian(bytes[IPv6Offset..]),
                BinaryPrimitives.ReadUInt64BigEndian(bytes[(IPv6Offset + 8)..]),
                MemoryMarshal.Read<uint>(bytes[ScopeOffset..]),
                port,
                false);
    }

    /// <summary>Writes the address to a socket address of the same address family.</summary>
    public void Write(SocketAddress address)
    {
        Span<byte> bytes = address.Buffer.Span;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[PortOffset..], Port);
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes[IPv4Offset..], (uint)Low);
            return;
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes[IPv6Offset..], High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[(IPv6Offset + 8)..], Low);
        MemoryMarshal.Write(bytes[ScopeOffset..], Scope);
    }

    public IPEndPoint ToEndPoint()
    {
        Span<byte> bytes = stackalloc byte[IPv6Length];
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Low);
            return new IPEndPoint(new IPAddress(bytes[..4]), Port);
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
        return new IPEndPoint(new IPAddress(bytes, Scope), Port);
    }
}
