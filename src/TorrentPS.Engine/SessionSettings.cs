using System.Net;

namespace TorrentPS.Engine;

/// <summary>What holds for a whole session; <see cref="SessionChange"/> is what of it can change while it is open.</summary>
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

    /// <summary>Whether the session takes part in the DHT (BEP 5) and finds peers there.</summary>
    public bool EnableDht { get; init; } = true;

    /// <summary>Whether torrents exchange peers with the peers they have (BEP 11).</summary>
    public bool EnablePex { get; init; } = true;

    /// <summary>Whether peers are sought in the local network by multicast (BEP 14).</summary>
    public bool EnableLsd { get; init; } = true;

    /// <summary>Whether content is fetched from the web servers too that a torrent or its link names (BEP 19).</summary>
    public bool EnableWebSeeds { get; init; } = true;

    /// <summary>DHT nodes to begin with, as <c>host:port</c>, when none are known from before; empty asks nobody.</summary>
    public IReadOnlyList<string> DhtBootstrap { get; init; } = DefaultDhtBootstrap;

    /// <summary>Public nodes that do nothing else than introduce newcomers.</summary>
    public static IReadOnlyList<string> DefaultDhtBootstrap { get; } =
        ["router.bittorrent.com:6881", "dht.transmissionbt.com:6881", "dht.libtorrent.org:25401"];

    /// <summary>Whether peers that worked, and what trackers answered, are remembered for the next start.</summary>
    public bool EnablePeerCache { get; init; } = true;

    /// <summary>Where they are remembered: null is the <see cref="StateFolder"/>, <c>redis://host:port/db</c> a Redis server that several hosts
    /// may share.</summary>
    public Uri? PeerCache { get; init; }

    /// <summary>The largest metadata fetched from peers for a magnet link, in bytes. Real ones seldom pass 10 MiB; what a peer claims is
    /// allocated piece by piece, and never beyond this.</summary>
    public long MaxMetadataSize { get; init; } = 32L << 20;

    /// <summary>The most memory for received blocks that wait for their piece to be whole, in bytes.</summary>
    public long BlockMemory { get; init; } = 64L << 20;

    /// <summary>The most files open at once for all content of one torrent.</summary>
    public int MaxOpenFiles { get; init; } = 128;

    /// <summary>Where unverified blocks spill when <see cref="BlockMemory"/> runs short, and where the parts of unwanted files are kept
    /// that share a piece with wanted ones, what was learned of peers, and metadata that came from peers; null takes the user's state folder.</summary>
    public string? StateFolder { get; init; }

    /// <summary>The seed of every random decision; null draws one. A run can be repeated only in a simulation.</summary>
    public int? RandomSeed { get; init; }

    /// <summary>How long closing waits for trackers to hear <c>stopped</c>.</summary>
    public TimeSpan CloseGrace { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The user's state folder, which holds when <see cref="StateFolder"/> is null; the environment's <c>TORRENTPS_STATE</c> names another.</summary>
    public static string DefaultStateFolder => Environment.GetEnvironmentVariable("TORRENTPS_STATE") is { Length: > 0 } folder
        ? Path.GetFullPath(folder)
        : Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "TorrentPS");

    /// <summary>Makes sure that the settings can be met as far as they alone can tell.</summary>
    /// <exception cref="SessionException">They can't (<see cref="SessionErrorId.BadSettings"/>); the message says which.</exception>
    public void Check()
    {
        (int first, int last) = Port is { } port ? new PortRange(port, port) : PortRange;
        Require(first >= 0 && last <= IPEndPoint.MaxPort && first <= last, $"there are no ports {first}-{last}: a port is a number from 0 to {IPEndPoint.MaxPort}");
        Require(MaxConnections >= 1 && MaxHalfOpen >= 1, "there must be room for a connection at least");
        Require(DownloadLimit is null or >= 1 && UploadLimit is null or >= 1, "a limit must be positive; none is unlimited");
        Require(MaxMetadataSize >= 1, "the largest metadata must have a size");
        Require(PeerCache is null || PeerCacheChoice.IsServer(PeerCache), $"'{PeerCache}' is no peer cache: it must be redis://host:port/db");
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new SessionException(SessionErrorId.BadSettings, $"The session's settings can't be met: {otherwise}.");
    }
}

/// <summary>A range of ports, both ends included.</summary>
/// <param name="First">The first to try.</param>
/// <param name="Last">The last to try.</param>
public readonly record struct PortRange(int First, int Last);
