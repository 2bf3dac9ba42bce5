using System.Buffers.Binary;

namespace TorrentPS.Protocol.PortMapping;

/// <summary>Encodes NAT-PMP requests (RFC 6886).</summary>
public static class NatPmpRequest
{
    /// <summary>UDP port at which gateways receive NAT-PMP and PCP requests.</summary>
    public const int Port = 5351;

    /// <summary>Length of a mapping request in bytes.</summary>
    private const int MapLength = 12;

    /// <summary>Encodes the request for the gateway's external address.</summary>
    public static byte[] ExternalAddress() => [NatPmpResponse.Version, NatPmpResponse.ExternalAddressOpcode];

    /// <summary>Encodes a request to create, renew or delete a mapping.</summary>
    /// <param name="transport">The transport protocol.</param>
    /// <param name="internalPort">The port of this machine.</param>
    /// <param name="externalPort">The preferred port of the gateway; 0 to delete the mapping.</param>
    /// <param name="lifetime">The requested lifetime in seconds; 0 deletes the mapping.</param>
    public static byte[] Map(MappedTransport transport, ushort internalPort, ushort externalPort, uint lifetime)
    {
        byte[] packet = new byte[MapLength];
        packet[1] = transport == MappedTransport.Udp ? NatPmpResponse.MapUdpOpcode : NatPmpResponse.MapTcpOpcode;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), internalPort);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), externalPort);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), lifetime);
        return packet;
    }
}
