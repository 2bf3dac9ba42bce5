using System.Net;
using TorrentPS.Protocol.PortMapping;

namespace TorrentPS.Engine;

/// <summary>A snapshot of the port mappings at one gateway.</summary>
public sealed record GatewayStatus
{
    /// <summary>Name of the network interface through which the gateway is reached.</summary>
    public required string Interface { get; init; }

    /// <summary>Address of the gateway in the local network.</summary>
    public required IPAddress Gateway { get; init; }

    /// <summary>This machine's address, to which the gateway forwards connections.</summary>
    public required IPAddress LocalAddress { get; init; }

    /// <summary>The protocol in use; <see langword="null"/> until the gateway has mapped a port.</summary>
    public PortMappingProtocol? Protocol { get; init; }

    /// <summary>
    /// The gateway's external address; <see langword="null"/> while it is not known. A private address means that
    /// another router is between the gateway and the internet.
    /// </summary>
    public IPAddress? ExternalAddress { get; init; }

    /// <summary>The mapped ports.</summary>
    public required IReadOnlyList<MappedPort> Ports { get; init; }

    /// <summary>
    /// Time at which the first of the mapped ports was mapped; <see langword="null"/> if no port is mapped.
    /// </summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>
    /// Why a port is not mapped, as a sentence for the user; <see langword="null"/> if all ports are mapped or the
    /// gateway has not answered yet.
    /// </summary>
    public string? Failure { get; init; }

    /// <summary>Returns the interface, the gateway, the protocol and the mapped ports, or the failure.</summary>
    public override string ToString()
    {
        string start = Protocol is null ? $"{Interface} ({Gateway})" : $"{Interface} ({Gateway}, {NameOf(Protocol.Value)})";
        string ports = string.Join(", ", Ports.Select(
            port => $"{NameOf(port.Transport)} {ExternalAddress}:{port.ExternalPort} to {port.LocalPort}"));
        string?[] parts = [ports.Length == 0 ? null : ports, Failure];
        return $"{start}: {string.Join("; ", parts.OfType<string>().DefaultIfEmpty("no answer yet"))}";
    }

    internal static string NameOf(PortMappingProtocol protocol) => protocol switch
    {
        PortMappingProtocol.Pcp => "PCP",
        PortMappingProtocol.NatPmp => "NAT-PMP",
        _ => "UPnP",
    };

    internal static string NameOf(MappedTransport transport) => transport == MappedTransport.Udp ? "UDP" : "TCP";
}

/// <summary>A port of this machine that a gateway has mapped.</summary>
/// <param name="Transport">The transport protocol.</param>
/// <param name="LocalPort">The port of this machine.</param>
/// <param name="ExternalPort">The port of the gateway, to which peers connect.</param>
public sealed record MappedPort(MappedTransport Transport, int LocalPort, int ExternalPort)
{
    /// <summary>Returns the transport protocol and both ports.</summary>
    public override string ToString() =>
        $"{GatewayStatus.NameOf(Transport)} {ExternalPort} to {LocalPort}";
}

/// <summary>A protocol by which ports are mapped at a gateway.</summary>
public enum PortMappingProtocol
{
    /// <summary>Port Control Protocol (RFC 6887).</summary>
    Pcp,

    /// <summary>NAT Port Mapping Protocol (RFC 6886).</summary>
    NatPmp,

    /// <summary>UPnP Internet Gateway Device, version 1 or 2.</summary>
    Upnp,
}
