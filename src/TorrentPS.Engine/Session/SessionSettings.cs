using System.Net;

namespace TorrentPS.Engine.Session;

/// <summary>What holds for a whole session; fixed when it opens, except for the limits, which can change while it runs.</summary>
public sealed record SessionSettings
{
    /// <summary>The port to listen on; null takes the first free one of <see cref="PortRange"/>. 0 lets the system choose.</summary>
    public int? Port { get; init; }

    /// <summary>The ports to try in order when <see cref="Port"/> is null. 6881–6889 are the customary ones (BEP 3).</summary>
    public PortRange PortRange { get; init; } = new(6881, 6999);

    /// <summary>The only local address to listen on and connect from; null means all addresses, IPv4 and IPv6.</summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary>The most peer connections of all torrents together.</summary>
    public int MaxConnections { get; init; } = 500;

    /// <summary>The most outgoing connections under way at once: a burst of them upsets home routers.</summary>
    public int MaxHalfOpen { get; init; } = 50;

    /// <summary>Download limit of all torrents together in bytes/s; null is unlimited.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>Upload limit of all torrents together in bytes/s; null is unlimited.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>The most memory for received blocks that wait for their piece to be whole, in bytes.</summary>
    public long BlockMemory { get; init; } = 64L << 20;

    /// <summary>The most files open at once for all content of one torrent.</summary>
    public int MaxOpenFiles { get; init; } = 128;

    /// <summary>Where unverified blocks spill when <see cref="BlockMemory"/> runs short, and where the parts of unwanted files are kept
    /// that share a piece with wanted ones; null takes the user's state folder.</summary>
    public string? StateFolder { get; init; }

    /// <summary>The seed of every random decision; null draws one. A run can be repeated only in a simulation.</summary>
    public int? RandomSeed { get; init; }

    /// <summary>How long closing waits for trackers to hear <c>stopped</c>.</summary>
    public TimeSpan CloseGrace { get; init; } = TimeSpan.FromSeconds(3);
}

/// <summary>A range of ports, both ends included.</summary>
/// <param name="First">The first to try.</param>
/// <param name="Last">The last to try.</param>
public readonly record struct PortRange(int First, int Last);
