using System.Buffers.Binary;
using System.Net;

namespace TorrentPS.Protocol.PortMapping;

/// <summary>
/// A PCP request to create, renew or delete a mapping (RFC 6887, opcode MAP). For an IPv6 address, the mapping is a
/// pinhole in the gateway's firewall.
/// </summary>
public sealed record PcpMapRequest
{
    /// <summary>Length of the mapping nonce in bytes.</summary>
    public const int NonceLength = 12;

    internal const byte Version = 2;
    internal const byte MapOpcode = 1;
    internal const int HeaderLength = 24;
    internal const int Length = 60;

    /// <summary>This machine's address, from which the request is sent.</summary>
    public required IPAddress ClientAddress { get; init; }

    /// <summary>
    /// Random bytes that identify the mapping. Renewals and the deletion must repeat them. The length is
    /// <see cref="NonceLength"/>.
    /// </summary>
    public required ReadOnlyMemory<byte> Nonce { get; init; }

    /// <summary>The transport protocol.</summary>
    public required MappedTransport Transport { get; init; }

    /// <summary>The port of this machine.</summary>
    public required ushort InternalPort { get; init; }

    /// <summary>The preferred port of the gateway.</summary>
    public required ushort ExternalPort { get; init; }

    /// <summary>The requested lifetime in seconds; 0 deletes the mapping.</summary>
    public required uint Lifetime { get; init; }

    /// <summary>Encodes the request as a packet.</summary>
    public byte[] Encode()
    {
        byte[] packet = new byte[Length];
        packet[0] = Version;
        packet[1] = MapOpcode;
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), Lifetime);
        ClientAddress.MapToIPv6().TryWriteBytes(packet.AsSpan(8), out _);
        Span<byte> map = packet.AsSpan(HeaderLength);
        Nonce.Span.CopyTo(map);
        map[12] = (byte)Transport;
        BinaryPrimitives.WriteUInt16BigEndian(map[16..], InternalPort);
        BinaryPrimitives.WriteUInt16BigEndian(map[18..], ExternalPort);

        // This client has no preferred external address. It sends the unspecified address, whose family tells the
        // gateway which address family to map.
        IPAddress any = ClientAddress.IsIPv4MappedToIPv6 || ClientAddress.GetAddressBytes().Length == 4
            ? IPAddress.Any.MapToIPv6()
            : IPAddress.IPv6Any;
        any.TryWriteBytes(map[20..], out _);
        return packet;
    }
}
