using System.Buffers.Binary;
using System.Net;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.PortMapping;

/// <summary>A response to a <see cref="PcpMapRequest"/> (RFC 6887).</summary>
public sealed record PcpMapResponse
{
    /// <summary>Maximum length of a PCP packet in bytes (RFC 6887, section 7).</summary>
    public const int MaxLength = 1100;

    private const byte ResponseFlag = 0x80;

    /// <summary>The result.</summary>
    public required PcpResult Result { get; init; }

    /// <summary>
    /// Lifetime of the mapping in seconds. After a failure, the time in seconds for which the failure is expected to
    /// last.
    /// </summary>
    public uint Lifetime { get; init; }

    /// <summary>Seconds since the gateway lost its mappings, for example when it restarted.</summary>
    public uint Epoch { get; init; }

    /// <summary>The nonce of the request; empty if the gateway does not support PCP.</summary>
    public ReadOnlyMemory<byte> Nonce { get; init; }

    /// <summary>The transport protocol.</summary>
    public MappedTransport Transport { get; init; }

    /// <summary>The port of this machine.</summary>
    public ushort InternalPort { get; init; }

    /// <summary>The port of the gateway.</summary>
    public ushort ExternalPort { get; init; }

    /// <summary>The external address of the mapping; null if the gateway does not support PCP.</summary>
    public IPAddress? ExternalAddress { get; init; }

    /// <summary>
    /// Parses a packet. Returns null if it is neither a valid response to a MAP request nor the response by which a
    /// gateway of another protocol version, such as NAT-PMP, refuses the request.
    /// </summary>
    public static PcpMapResponse? TryParse(ReadOnlySpan<byte> packet)
    {
        if (packet.Length is < 4 or > MaxLength || packet[1] != (ResponseFlag | PcpMapRequest.MapOpcode))
            return null;
        if (packet[0] != PcpMapRequest.Version)
        {
            return packet[3] == (byte)PcpResult.UnsupportedVersion
                ? new PcpMapResponse { Result = PcpResult.UnsupportedVersion }
                : null;
        }

        if (packet.Length < PcpMapRequest.Length)
            return null;
        ReadOnlySpan<byte> map = packet[PcpMapRequest.HeaderLength..];
        return new PcpMapResponse
        {
            Result = (PcpResult)packet[3],
            Lifetime = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]),
            Epoch = BinaryPrimitives.ReadUInt32BigEndian(packet[8..]),
            Nonce = map[..PcpMapRequest.NonceLength].ToArray(),
            Transport = (MappedTransport)map[12],
            InternalPort = BinaryPrimitives.ReadUInt16BigEndian(map[16..]),
            ExternalPort = BinaryPrimitives.ReadUInt16BigEndian(map[18..]),
            ExternalAddress = new IPAddress(map.Slice(20, 16)).Unmap(),
        };
    }
}

/// <summary>Result of a PCP request (RFC 6887, section 7.4).</summary>
public enum PcpResult
{
    /// <summary>The request succeeded.</summary>
    Success = 0,

    /// <summary>The gateway does not support this version of the protocol.</summary>
    UnsupportedVersion = 1,

    /// <summary>The gateway's settings forbid the mapping.</summary>
    NotAuthorized = 2,

    /// <summary>The gateway could not parse the request.</summary>
    MalformedRequest = 3,

    /// <summary>The gateway does not support MAP requests.</summary>
    UnsupportedOpcode = 4,

    /// <summary>The gateway does not support an option of the request.</summary>
    UnsupportedOption = 5,

    /// <summary>The gateway could not parse an option of the request.</summary>
    MalformedOption = 6,

    /// <summary>The gateway has a network failure, for example no external address.</summary>
    NetworkFailure = 7,

    /// <summary>The gateway has no capacity for the mapping.</summary>
    NoResources = 8,

    /// <summary>The gateway does not support the transport protocol.</summary>
    UnsupportedProtocol = 9,

    /// <summary>This machine has too many mappings.</summary>
    UserExceededQuota = 10,

    /// <summary>The gateway can't provide the preferred external port or address.</summary>
    CannotProvideExternal = 11,

    /// <summary>
    /// The source address of the packet differs from <see cref="PcpMapRequest.ClientAddress"/>, because another NAT is
    /// between this machine and the gateway.
    /// </summary>
    AddressMismatch = 12,

    /// <summary>The request has more filters for remote peers than the gateway supports.</summary>
    ExcessiveRemotePeers = 13,
}
