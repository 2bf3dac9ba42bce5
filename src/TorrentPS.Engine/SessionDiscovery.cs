using System.Net.Sockets;
using System.Net;

namespace TorrentPS.Engine;

/// <summary>How a session finds peers beside trackers, and content beside peers, at one moment.</summary>
public sealed record SessionDiscovery
{
    /// <summary>The DHT (BEP 5).</summary>
    public required DiscoveryStatus Dht { get; init; }

    /// <summary>Peers that tell of peers (BEP 11).</summary>
    public required DiscoveryStatus Pex { get; init; }

    /// <summary>The local networks (BEP 14).</summary>
    public required DiscoveryStatus Lsd { get; init; }

    /// <summary>Where it announces and listens; empty while <see cref="Lsd"/> does not run.</summary>
    public required IReadOnlyList<LocalNetwork> LocalNetworks { get; init; }

    /// <summary>The peers remembered from before.</summary>
    public required DiscoveryStatus PeerCache { get; init; }

    /// <summary>Web seeds of running torrents that are used no more.</summary>
    public required IReadOnlyList<WebSeedFault> WebSeedFaults { get; init; }

    /// <summary>What the user should know: what the settings or torrents ask for and can't be used. A machine without a local network is nothing to warn of.</summary>
    public IReadOnlyList<string> Warnings =>
    [
        .. new[] { Dht, PeerCache }.Where(way => way.State == DiscoveryState.Failed).Select(way => way.Reason).OfType<string>(),
        .. WebSeedFaults.Select(fault => fault.ToString()),
    ];
}

/// <summary>One way of finding peers at one moment.</summary>
/// <param name="State">How it stands.</param>
/// <param name="Reason">Why it does not run, as a sentence for the user; null while it runs or is off.</param>
public sealed record DiscoveryStatus(DiscoveryState State, string? Reason = null)
{
    /// <summary>It is switched off.</summary>
    public static DiscoveryStatus Off { get; } = new(DiscoveryState.Off);

    /// <summary>Nothing needs it.</summary>
    public static DiscoveryStatus Idle { get; } = new(DiscoveryState.Idle, "No public torrent runs.");

    /// <summary>It works.</summary>
    public static DiscoveryStatus Running { get; } = new(DiscoveryState.Running);

    /// <summary>The state, and the reason if there is one.</summary>
    public override string ToString() => Reason is null ? $"{State}" : $"{State}: {Reason}";
}

/// <summary>How a way of finding peers stands.</summary>
public enum DiscoveryState
{
    /// <summary>It is switched off.</summary>
    Off,

    /// <summary>It is on, and nothing needs it: no public torrent runs.</summary>
    Idle,

    /// <summary>It has begun, and nobody has answered yet.</summary>
    Waiting,

    /// <summary>It works.</summary>
    Running,

    /// <summary>It is on and can't be used.</summary>
    Failed,
}

/// <summary>A local network in which torrents are announced and heard of (BEP 14).</summary>
/// <param name="Interface">The name of the interface that leads there.</param>
/// <param name="LocalAddress">Our address in it: where peers are told to call.</param>
public sealed record LocalNetwork(string Interface, IPAddress LocalAddress)
{
    /// <summary>Whether announcements go over IPv4 or IPv6.</summary>
    public AddressFamily Family => LocalAddress.AddressFamily;

    /// <summary>The interface and the address.</summary>
    public override string ToString() => $"{Interface} ({LocalAddress})";
}
