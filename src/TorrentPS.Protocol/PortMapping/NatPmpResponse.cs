using System.Buffers.Binary;
using System.Net;

namespace TorrentPS.Protocol.PortMapping;

/// <summary>A response of a NAT-PMP gateway (RFC 6886).</summary>
public sealed record NatPmpResponse
{
    internal const byte Version = 0;
    internal const byte ExternalAddressOpcode = 0;
    internal const byte MapUdpOpcode = 1;
    internal const byte MapTcpOpcode = 2;

    /// <summary>Value that a gateway adds to the opcode of the request.</summary>
    private const int ResponseFlag = 128;

    private const int HeaderLength = 8;
    private const int AddressLength = 12;
    private const int MapLength = 16;

    /// <summary>Transport protocol of the mapping; null in a response with the external address.</summary>
    public MappedTransport? Transport { get; init; }

    /// <summary>
    /// The result. Unless it is <see cref="NatPmpResult.Success"/>, the response contains no address, port or lifetime.
    /// </summary>
    public required NatPmpResult Result { get; init; }

    /// <summary>Seconds since the gateway lost its mappings, for example when it restarted.</summary>
    public uint Epoch { get; init; }

    /// <summary>The gateway's external address; null in a response about a mapping.</summary>
    public IPAddress? ExternalAddress { get; init; }

    /// <summary>The port of this machine.</summary>
    public ushort InternalPort { get; init; }

    /// <summary>The port of the gateway.</summary>
    public ushort ExternalPort { get; init; }

    /// <summary>Lifetime of the mapping in seconds.</summary>
    public uint Lifetime { get; init; }

    /// <summary>Parses a packet. Returns null if it is not a valid NAT-PMP response.</summary>
    public static NatPmpResponse? TryParse(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < HeaderLength || packet[0] != Version || packet[1] < ResponseFlag)
            return null;
        int opcode = packet[1] - ResponseFlag;
        if (opcode > MapTcpOpcode)
            return null;
        var response = new NatPmpResponse
        {
            Transport = opcode switch
            {
                MapUdpOpcode => MappedTransport.Udp,
                MapTcpOpcode => MappedTransport.Tcp,
                _ => null,
            },
            Result = (NatPmpResult)BinaryPrimitives.ReadUInt16BigEndian(packet[2..]),
            Epoch = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]),
        };
        if (response.Result != NatPmpResult.Success)
            return response;
        if (opcode == ExternalAddressOpcode)
        {
            return packet.Length < AddressLength
                ? null
                : response with { ExternalAddress = new IPAddress(packet[8..AddressLength]) };
        }

        return packet.Length < MapLength
            ? null
            : response with
            {
                InternalPort = BinaryPrimitives.ReadUInt16BigEndian(packet[8..]),
                ExternalPort = BinaryPrimitives.ReadUInt16BigEndian(packet[10..]),
                Lifetime = BinaryPrimitives.ReadUInt32BigEndian(packet[12..]),
            };
    }
}

/// <summary>Result of a NAT-PMP request (RFC 6886, section 3.5).</summary>
public enum NatPmpResult
{
    /// <summary>The request succeeded.</summary>
    Success = 0,

    /// <summary>The gateway does not support this version of the protocol.</summary>
    UnsupportedVersion = 1,

    /// <summary>The gateway's settings forbid mappings.</summary>
    NotAuthorized = 2,

    /// <summary>The gateway has no external address.</summary>
    NetworkFailure = 3,

    /// <summary>The gateway can't create more mappings.</summary>
    OutOfResources = 4,

    /// <summary>The gateway does not support the request.</summary>
    UnsupportedOpcode = 5,
}
