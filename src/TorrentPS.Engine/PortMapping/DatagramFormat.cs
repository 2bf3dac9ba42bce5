using System.Net;
using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Engine.PortMapping;

/// <summary>
/// Encodes the requests and parses the answers of PCP or NAT-PMP. Also defines when to repeat a request.
/// </summary>
internal abstract class DatagramFormat
{
    /// <summary>Returns the format of a protocol.</summary>
    /// <param name="protocol">PCP or NAT-PMP.</param>
    /// <param name="local">This machine's address.</param>
    public static DatagramFormat Of(PortMappingProtocol protocol, IPAddress local) =>
        protocol == PortMappingProtocol.Pcp ? new PcpFormat(local) : new NatPmpFormat();

    /// <summary>Time to wait for an answer before the request is repeated. It doubles with each repetition.</summary>
    public abstract TimeSpan FirstWait { get; }

    /// <summary>
    /// Number of unanswered requests after which the gateway is assumed not to support the protocol. The RFCs repeat
    /// requests for minutes. With fewer repetitions, the next protocol is tried after at most about ten seconds.
    /// </summary>
    public abstract int MaxAttempts { get; }

    /// <summary>The request for the external address; null if answers about mappings contain the address.</summary>
    public virtual byte[]? AddressRequest => null;

    /// <summary>Encodes a request for a mapping, or for its removal if the lifetime is 0.</summary>
    public abstract byte[] Map(PortEntry entry, uint lifetime);

    /// <summary>Parses a packet. Returns null if it is not an answer.</summary>
    public abstract DatagramAnswer? Read(ReadOnlySpan<byte> packet);

    private sealed class PcpFormat(IPAddress local) : DatagramFormat
    {
        // Initial retransmission time (RFC 6887, section 8.1.1).
        public override TimeSpan FirstWait => TimeSpan.FromSeconds(3);

        public override int MaxAttempts => 2;

        public override byte[] Map(PortEntry entry, uint lifetime) => new PcpMapRequest
        {
            ClientAddress = local,
            Nonce = entry.Nonce,
            Transport = entry.Local.Transport,
            InternalPort = entry.Local.Port,
            ExternalPort = entry.ExternalPort,
            Lifetime = lifetime,
        }.Encode();

        public override DatagramAnswer? Read(ReadOnlySpan<byte> packet) =>
            PcpMapResponse.TryParse(packet) is not { } response ? null : new DatagramAnswer
            {
                Local = response.Nonce.IsEmpty ? null : new LocalPort(response.Transport, response.InternalPort),
                Nonce = response.Nonce,
                ExternalPort = response.ExternalPort,
                ExternalAddress = response.ExternalAddress,
                Lifetime = response.Lifetime,
                Epoch = response.Epoch,
                IsConflict = response.Result == PcpResult.CannotProvideExternal,
                Refusal = response.Result switch
                {
                    PcpResult.Success => null,
                    PcpResult.UnsupportedVersion => "The gateway does not support the protocol.",
                    PcpResult.NotAuthorized => "The gateway's settings forbid mappings.",
                    PcpResult.NetworkFailure => "The gateway has no external address.",
                    PcpResult.NoResources or PcpResult.UserExceededQuota => "The gateway can't create more mappings.",
                    PcpResult.AddressMismatch => "Another router is between this machine and the gateway.",
                    PcpResult.CannotProvideExternal => "The gateway has no free external port.",
                    _ => $"The gateway refused the mapping (PCP result {(int)response.Result}).",
                },
            };
    }

    private sealed class NatPmpFormat : DatagramFormat
    {
        // First retransmission time (RFC 6886, section 3.1).
        public override TimeSpan FirstWait => TimeSpan.FromMilliseconds(250);

        public override int MaxAttempts => 4;

        public override byte[] AddressRequest => NatPmpRequest.ExternalAddress();

        public override byte[] Map(PortEntry entry, uint lifetime) => NatPmpRequest.Map(
            entry.Local.Transport, entry.Local.Port, lifetime == 0 ? (ushort)0 : entry.ExternalPort, lifetime);

        public override DatagramAnswer? Read(ReadOnlySpan<byte> packet)
        {
            if (NatPmpResponse.TryParse(packet) is not { } response)
                return null;
            bool isOk = response.Result == NatPmpResult.Success;
            if (!isOk && response.Transport is null && response.Result != NatPmpResult.UnsupportedVersion)
                return null;
            return new DatagramAnswer
            {
                // A refusal by NAT-PMP does not name the port.
                Local = isOk && response.Transport is { } transport
                    ? new LocalPort(transport, response.InternalPort)
                    : null,
                RefusedTransport = isOk ? null : response.Transport,
                ExternalPort = response.ExternalPort,
                ExternalAddress = response.ExternalAddress,
                Lifetime = response.Lifetime,
                Epoch = response.Epoch,
                Refusal = response.Result switch
                {
                    NatPmpResult.Success => null,
                    NatPmpResult.UnsupportedVersion => "The gateway does not support the protocol.",
                    NatPmpResult.NotAuthorized => "The gateway's settings forbid mappings.",
                    NatPmpResult.NetworkFailure => "The gateway has no external address.",
                    NatPmpResult.OutOfResources => "The gateway can't create more mappings.",
                    _ => $"The gateway refused the mapping (NAT-PMP result {(int)response.Result}).",
                },
            };
        }
    }
}

/// <summary>The answer of a gateway to a PCP or NAT-PMP request.</summary>
internal sealed record DatagramAnswer
{
    /// <summary>The port of this machine; null if the answer does not concern a single port.</summary>
    public LocalPort? Local { get; init; }

    /// <summary>
    /// The transport protocol of the refused mappings if the answer does not name their port; null otherwise.
    /// </summary>
    public MappedTransport? RefusedTransport { get; init; }

    /// <summary>The nonce of the request; empty with NAT-PMP.</summary>
    public ReadOnlyMemory<byte> Nonce { get; init; }

    public ushort ExternalPort { get; init; }

    public IPAddress? ExternalAddress { get; init; }

    /// <summary>Lifetime of the mapping in seconds; 0 if the mapping was removed.</summary>
    public uint Lifetime { get; init; }

    /// <summary>Seconds since the gateway lost its mappings.</summary>
    public uint Epoch { get; init; }

    /// <summary>Whether the gateway refused only the preferred external port, and may map another one.</summary>
    public bool IsConflict { get; init; }

    /// <summary>Why the gateway refused the request, as a sentence for the user; null if it was not refused.</summary>
    public string? Refusal { get; init; }
}
