using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace TorrentPS.Engine;

/// <summary>
/// The settings of a session. The record is immutable: <see cref="TorrentSession.ApplyAsync"/> replaces it. A fixed
/// setting can't be changed after the first torrent was added, the first metadata was downloaded, or the DHT was first
/// used.
/// </summary>
public sealed record SessionSettings
{
    /// <summary>
    /// TCP port to listen on. The DHT uses the UDP port of the same number if that is free, otherwise another UDP
    /// port. The value 0 lets the operating system choose a free port; <see langword="null"/> means the first free port
    /// of <see cref="PortRange"/>. This setting is fixed.
    /// </summary>
    public int? Port { get; init; }

    /// <summary>
    /// Ports to try in order when <see cref="Port"/> is <see langword="null"/>. The default begins with 6881, the first
    /// of the customary ports (BEP 3). This setting is fixed.
    /// </summary>
    public PortRange PortRange { get; init; } = new(6881, 6999);

    /// <summary>
    /// The only local address on which to listen and from which to connect. Only the address family of this address is
    /// then used. <see langword="null"/> means all addresses, IPv4 and IPv6. This setting is fixed.
    /// </summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary>
    /// Name of the only network interface to use, for example of a VPN, with all its addresses. While the interface is
    /// not available, the torrents are paused. <see langword="null"/> means all interfaces. This setting is fixed. It
    /// can't be combined with <see cref="BindAddress"/>.
    /// </summary>
    public string? Interface { get; init; }

    /// <summary>
    /// Maximum number of peer connections of all torrents together. If a change lowers it below the number of open
    /// connections, these stay open. New connections are then refused until enough have closed.
    /// </summary>
    public int MaxConnections { get; init; } = 500;

    /// <summary>
    /// Maximum number of connections of one torrent to one IPv4 address or one IPv6 network (/64). Further ones are
    /// refused, so that one machine can't take the places of all peers. The limit does not apply to loopback,
    /// link-local and private addresses. A higher value lets several peers behind one router connect.
    /// </summary>
    public int MaxConnectionsPerAddress { get; init; } = 1;

    /// <summary>
    /// Maximum number of outgoing connection attempts in progress at the same time. Home routers can drop connections
    /// when many attempts start at once. This setting is fixed.
    /// </summary>
    public int MaxHalfOpen { get; init; } = 50;

    /// <summary>
    /// Whether connections to peers are encrypted. A change applies to connections that are opened later.
    /// </summary>
    public EncryptionPolicy OutgoingEncryption { get; init; }

    /// <summary>
    /// Whether connections from peers must be, may be or must not be encrypted. A change applies to connections that
    /// are accepted later.
    /// </summary>
    public EncryptionPolicy IncomingEncryption { get; init; }

    /// <summary>Download limit of all torrents together in bytes/s; <see langword="null"/> means unlimited.</summary>
    public long? DownloadLimit { get; init; }

    /// <summary>Upload limit of all torrents together in bytes/s; <see langword="null"/> means unlimited.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>
    /// Whether public torrents use the DHT (BEP 5). Switching the DHT off closes its sockets and saves its routing
    /// table. Switching it on announces every public torrent to the DHT.
    /// </summary>
    public bool EnableDht { get; init; } = true;

    /// <summary>
    /// Whether public torrents exchange peer addresses with connected peers (BEP 11). A change also applies to existing
    /// connections: when peer exchange is switched on, the connected peers are sent a new extension handshake (BEP 10).
    /// </summary>
    public bool EnablePex { get; init; } = true;

    /// <summary>Whether public torrents find peers in the local network by multicast (BEP 14).</summary>
    public bool EnableLsd { get; init; } = true;

    /// <summary>
    /// Whether gateways are asked to forward the session's TCP port and the UDP port of the DHT, so that peers on the
    /// internet can connect to this machine (PCP, NAT-PMP, UPnP). Nothing is sent over network interfaces without a
    /// private address. Switching this setting off removes the mappings.
    /// </summary>
    public bool EnablePortMapping { get; init; } = true;

    /// <summary>
    /// Whether content is also downloaded from web seeds (BEP 19). Switching this setting off closes all connections to
    /// web seeds.
    /// </summary>
    public bool EnableWebSeeds { get; init; } = true;

    /// <summary>
    /// DHT bootstrap nodes as <c>host:port</c>, queried while the routing table contains no good node. After a change,
    /// the nodes in the new list are queried at once. An empty list means no bootstrap nodes.
    /// </summary>
    public IReadOnlyList<string> DhtBootstrap { get; init; } = DefaultDhtBootstrap;

    /// <summary>Default of <see cref="DhtBootstrap"/>: public nodes of other BitTorrent projects.</summary>
    public static IReadOnlyList<string> DefaultDhtBootstrap { get; } =
        ["router.bittorrent.com:6881", "dht.transmissionbt.com:6881", "dht.libtorrent.org:25401"];

    /// <summary>
    /// Location of the peer cache, which stores peers for the next start. A peer is stored if it sent or received
    /// content, or accepted a connection from this client. After a change, running public torrents read the new peer
    /// cache at once.
    /// </summary>
    public PeerCacheLocation PeerCache { get; init; } = PeerCacheLocation.File;

    /// <summary>
    /// Addresses and networks of peers that the user blocked, at most <see cref="MaxBlockList"/>. No connection is made
    /// to them or accepted from them. When a peer is added to the list, its open connections are closed at once. The
    /// list has no effect on trackers, web seeds and DHT nodes. <see cref="BlockedNetwork"/> converts text to networks.
    /// </summary>
    public IReadOnlyList<IPNetwork> BlockList { get; init; } = [];

    /// <summary>
    /// Maximum number of networks in <see cref="BlockList"/>. Each peer address is compared with all networks in the
    /// list. With a list of the maximum length, the comparison takes about 0.1 ms.
    /// </summary>
    public const int MaxBlockList = 10_000;

    /// <summary>
    /// Address ranges with which no data is exchanged: neither with peers, trackers and web seeds, nor with DHT nodes.
    /// When a range is added, open connections to peers in the range are closed at once. While the session is open, the
    /// filter's file is read again after each change of the file.
    /// </summary>
    public IPFilter IPFilter { get; init; } = IPFilter.None;

    /// <summary>
    /// Ports of peers to which no connection is made. Connections from peers are not affected. The default is empty.
    /// </summary>
    public IReadOnlyList<PortRange> PortFilter { get; init; } = [];

    /// <summary>
    /// Maximum size in bytes of metadata downloaded from peers for a magnet link (BEP 9). The metadata of the largest
    /// torrents is about 10 MiB long. A change applies to torrents added later.
    /// </summary>
    public long MaxMetadataSize { get; init; } = 32L << 20;

    /// <summary>
    /// Size in bytes of the memory for received blocks of pieces that are not verified yet, for all torrents together.
    /// This setting is fixed.
    /// </summary>
    public long BlockMemory { get; init; } = 64L << 20;

    /// <summary>
    /// Maximum number of content files that one torrent keeps open. A change applies to torrents added later.
    /// </summary>
    public int MaxOpenFiles { get; init; } = 128;

    /// <summary>
    /// Folder for spill files, part files, the peer cache, the DHT routing table and downloaded metadata.
    /// <see langword="null"/> means <see cref="DefaultStateFolder"/>. This setting is fixed.
    /// </summary>
    public string? StateFolder { get; init; }

    /// <summary>
    /// Seed of the random numbers, for tests; <see langword="null"/> means a random seed. With the same seed, two runs
    /// still differ in network timing. This setting is fixed.
    /// </summary>
    public int? RandomSeed { get; init; }

    /// <summary>
    /// Maximum time to wait for trackers to answer the <c>stopped</c> announce when a torrent or the session is closed.
    /// </summary>
    public TimeSpan CloseGrace { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// State folder used when <see cref="StateFolder"/> is <see langword="null"/>: the folder in the environment
    /// variable <c>TORRENTPS_STATE</c>, or else <c>TorrentPS</c> in the user's folder for local application data.
    /// </summary>
    public static string DefaultStateFolder =>
        Environment.GetEnvironmentVariable("TORRENTPS_STATE") is { Length: > 0 } folder
        ? Path.GetFullPath(folder)
        : Path.Combine(
            Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            "TorrentPS");

    /// <summary>
    /// Maximum length of an interface's name in characters. Windows allows 256, the most of all systems.
    /// </summary>
    private const int MaxInterfaceName = 256;

    internal PortRange Ports => Port is { } port ? new PortRange(port, port) : PortRange;

    /// <summary>
    /// Checks that the ports and the limits of connections, rates and metadata size are in range, and that no list or
    /// location is null. Does not check whether the port is free.
    /// </summary>
    /// <exception cref="SessionException">
    /// A value is not valid (<see cref="SessionErrorId.BadSettings"/>). The message contains the setting.
    /// </exception>
    public void Check()
    {
        (int first, int last) = Ports;
        Require(
            first >= 0 && last <= IPEndPoint.MaxPort && first <= last,
            $"'{(Port is null ? $"{first}-{last}" : $"{first}")}' is not a port or port range within 0 to "
            + $"{IPEndPoint.MaxPort}");
        Require(
            Interface is null || BindAddress is null,
            $"{nameof(BindAddress)} and {nameof(Interface)} exclude each other; give one of them");
        Require(
            Interface is null || (Interface.Length is > 0 and <= MaxInterfaceName && !Interface.Any(char.IsControl)),
            $"'{Interface}' is not the name of a network interface");
        Require(Enum.IsDefined(OutgoingEncryption), $"{nameof(OutgoingEncryption)} {OutgoingEncryption:d} is unknown");
        Require(Enum.IsDefined(IncomingEncryption), $"{nameof(IncomingEncryption)} {IncomingEncryption:d} is unknown");
        Require(MaxConnections >= 1, $"{nameof(MaxConnections)} must be at least 1");
        Require(MaxConnectionsPerAddress >= 1, $"{nameof(MaxConnectionsPerAddress)} must be at least 1");
        Require(MaxHalfOpen >= 1, $"{nameof(MaxHalfOpen)} must be at least 1");
        Require(
            DownloadLimit is null or >= 1,
            $"{nameof(DownloadLimit)} must be at least 1 byte/s; null means unlimited");
        Require(UploadLimit is null or >= 1, $"{nameof(UploadLimit)} must be at least 1 byte/s; null means unlimited");
        Require(MaxMetadataSize >= 1, $"{nameof(MaxMetadataSize)} must be at least 1 byte");
        Require(
            DhtBootstrap is not null && DhtBootstrap.All(node => node is not null),
            $"{nameof(DhtBootstrap)} must not contain null");
        Require(
            BlockList is not null && BlockList.Count <= MaxBlockList,
            $"{nameof(BlockList)} must have at most {MaxBlockList} networks");
        Require(IPFilter is not null, $"{nameof(IPFilter)} must not be null; {nameof(IPFilter.None)} switches it off");
        Require(
            PortFilter is not null && PortFilter.All(range => 0 <= range.First && range.First <= range.Last
                && range.Last <= IPEndPoint.MaxPort),
            $"{nameof(PortFilter)} must contain port ranges within 0 to {IPEndPoint.MaxPort}");
        Require(
            PeerCache is not null, $"{nameof(PeerCache)} must not be null; {PeerCacheLocation.None} switches it off");
    }

    /// <summary>
    /// Checks that no fixed setting differs from <paramref name="before"/>, the current settings of an open session.
    /// </summary>
    /// <exception cref="SessionException">
    /// A fixed setting differs (<see cref="SessionErrorId.BadSettings"/>).
    /// </exception>
    internal void CheckChange(SessionSettings before)
    {
        RequireSame(nameof(Port), Port == before.Port);
        RequireSame(nameof(PortRange), PortRange == before.PortRange);
        RequireSame(nameof(BindAddress), Equals(BindAddress, before.BindAddress));
        RequireSame(nameof(Interface), Interface == before.Interface);
        RequireSame(nameof(MaxHalfOpen), MaxHalfOpen == before.MaxHalfOpen);
        RequireSame(nameof(BlockMemory), BlockMemory == before.BlockMemory);
        RequireSame(nameof(StateFolder), StateFolder == before.StateFolder);
        RequireSame(nameof(RandomSeed), RandomSeed == before.RandomSeed);
    }

    private static void Require(bool isValid, string problem)
    {
        if (!isValid)
            throw new SessionException(SessionErrorId.BadSettings, $"The session's settings are not valid: {problem}.");
    }

    private static void RequireSame(string setting, bool same)
    {
        if (!same)
        {
            throw new SessionException(
                SessionErrorId.BadSettings,
                $"{setting} can't be changed while the session is open. Open another session with the new value.");
        }
    }
}

/// <summary>A range of ports, both ends included.</summary>
/// <param name="First">The lowest port, which is tried first.</param>
/// <param name="Last">The highest port, which is tried last.</param>
public readonly record struct PortRange(int First, int Last)
{
    /// <summary>Parses a port such as <c>25</c> or a range such as <c>1-1023</c>.</summary>
    /// <param name="text">The text to parse.</param>
    /// <param name="range">The parsed range, or the default value.</param>
    /// <returns>False if the text is not a port or a range of ports from 0 to 65535.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out PortRange range)
    {
        string[] ends = text?.Split('-', 2, StringSplitOptions.TrimEntries) ?? [];
        range = default;
        if (!TryParsePort(ends.FirstOrDefault(), out ushort first) || !TryParsePort(ends.LastOrDefault(), out ushort last)
            || first > last)
            return false;
        range = new PortRange(first, last);
        return true;
    }

    /// <summary>Returns the range as text that <see cref="TryParse"/> accepts.</summary>
    public override string ToString() => First == Last ? $"{First}" : $"{First}-{Last}";

    private static bool TryParsePort(string? text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);
}
