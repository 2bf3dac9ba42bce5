using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine;

/// <summary>
/// A snapshot of a session's peer sources, except trackers, of its port mappings, and of its failed web seeds.
/// </summary>
public sealed record SessionDiscovery
{
    /// <summary>Status of the DHT (BEP 5).</summary>
    public required DiscoveryStatus Dht { get; init; }

    /// <summary>Status of peer exchange (BEP 11).</summary>
    public required DiscoveryStatus Pex { get; init; }

    /// <summary>Status of local service discovery (BEP 14).</summary>
    public required DiscoveryStatus Lsd { get; init; }

    /// <summary>
    /// The local networks in which <see cref="Lsd"/> announces torrents; empty while local discovery is not in use.
    /// </summary>
    public required IReadOnlyList<LocalNetwork> LocalNetworks { get; init; }

    /// <summary>Status of the peer cache.</summary>
    public required DiscoveryStatus PeerCache { get; init; }

    /// <summary>
    /// Status of port mapping (<see cref="SessionSettings.EnablePortMapping"/>): running if a gateway has mapped a
    /// port.
    /// </summary>
    public required DiscoveryStatus PortMapping { get; init; }

    /// <summary>The gateways at which ports are mapped or requested, each with its port mappings.</summary>
    public required IReadOnlyList<GatewayStatus> Gateways { get; init; }

    /// <summary>
    /// This machine's external addresses, as gateways, DHT, trackers and peers report them: at most one IPv4 and one
    /// IPv6 address. Empty while none is known.
    /// </summary>
    public required IReadOnlyList<ExternalAddressStatus> ExternalAddresses { get; init; }

    /// <summary>The failed web seeds (BEP 19) of all torrents that have not ended.</summary>
    public required IReadOnlyList<WebSeedFault> WebSeedFaults { get; init; }

    /// <summary>
    /// Messages about the torrents that have not ended (<see cref="Torrent.Warnings"/>): all trackers fail, or a web
    /// seed failed.
    /// </summary>
    public required IReadOnlyList<string> TorrentWarnings { get; init; }

    /// <summary>
    /// Messages about a failed DHT and a failed peer cache. A failure of <see cref="Lsd"/> is left out, because many
    /// machines have no local network.
    /// </summary>
    public IReadOnlyList<string> SourceWarnings =>
    [
        .. new[] { Dht, PeerCache }
            .Where(source => source.State == DiscoveryState.Failed)
            .Select(source => source.Reason)
            .OfType<string>(),
    ];

    /// <summary>
    /// Messages for the user: <see cref="SourceWarnings"/>, then <see cref="TorrentWarnings"/>.
    /// </summary>
    public IReadOnlyList<string> Warnings => [.. SourceWarnings, .. TorrentWarnings];
}

/// <summary>The status of one peer source, or of port mapping.</summary>
/// <param name="State">The state.</param>
/// <param name="Reason">
/// Why the peer source or port mapping is idle, waiting or failed, as a sentence for the user. Null if it is running or
/// off.
/// </param>
public sealed record DiscoveryStatus(DiscoveryState State, string? Reason = null)
{
    /// <summary>The status of a peer source that is switched off.</summary>
    public static DiscoveryStatus Off { get; } = new(DiscoveryState.Off);

    /// <summary>
    /// The status of a peer source that is switched on, in a session without a running public torrent.
    /// </summary>
    public static DiscoveryStatus Idle { get; } = new(DiscoveryState.Idle, "No public torrent is running.");

    /// <summary>The status of port mapping that is switched on, in a session that has not opened a port.</summary>
    public static DiscoveryStatus NoTorrent { get; } = new(DiscoveryState.Idle, "No torrent is running.");

    /// <summary>The status of a peer source that is switched on and works.</summary>
    public static DiscoveryStatus Running { get; } = new(DiscoveryState.Running);

    /// <summary>Returns the state, followed by the reason if there is one.</summary>
    public override string ToString() => Reason is null ? $"{State}" : $"{State}: {Reason}";
}

/// <summary>The state of a peer source, or of port mapping.</summary>
public enum DiscoveryState
{
    /// <summary>Switched off in the session's settings.</summary>
    Off,

    /// <summary>
    /// A peer source is switched on but not used, because no public torrent is running (BEP 27). Port mapping is
    /// switched on but not used, because no torrent is running or because there is no gateway.
    /// </summary>
    Idle,

    /// <summary>
    /// Switched on, but has not worked yet. <see cref="DiscoveryStatus.Reason"/> says what has not
    /// happened yet, for example that no DHT node has answered.
    /// </summary>
    Waiting,

    /// <summary>Switched on and works.</summary>
    Running,

    /// <summary>
    /// Switched on but does not work. <see cref="DiscoveryStatus.Reason"/> has the reason.
    /// </summary>
    Failed,
}

/// <summary>A local network in which torrents are announced (BEP 14).</summary>
/// <param name="Interface">Name of the network interface.</param>
/// <param name="LocalAddress">This host's address in the network, to which peers connect.</param>
public sealed record LocalNetwork(string Interface, IPAddress LocalAddress)
{
    /// <summary>The address family of the announces: IPv4 or IPv6.</summary>
    public AddressFamily Family => LocalAddress.AddressFamily;

    /// <summary>Returns the interface name and the address.</summary>
    public override string ToString() => $"{Interface} ({LocalAddress})";
}
