using System.Management.Automation;
using System.Net;
using TorrentPS.Binding;
using TorrentPS.Cmdlets;
using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>Base class of Set-TorrentSession, with the session settings as parameters.</summary>
/// <remarks>
/// This file also declares the settings as properties of <see cref="TorrentSessionInfo"/>, so that a new setting is
/// added in one file.
/// </remarks>
public abstract class SessionParameters : TorrentCmdlet
{
    private static readonly (string Name, Func<SessionParameters, SessionSettings, SessionSettings> Apply)[]
        s_settings =
    [
        (nameof(Port), (given, settings) => settings with { Port = given.Port }),
        (nameof(BindAddress), (given, settings) => settings with { BindAddress = given.BindAddress }),
        (nameof(Interface), (given, settings) => settings with { Interface = OrNull(given.Interface) }),
        (nameof(EnableDht), (given, settings) => settings with { EnableDht = given.EnableDht }),
        (nameof(EnablePex), (given, settings) => settings with { EnablePex = given.EnablePex }),
        (nameof(EnableLsd), (given, settings) => settings with { EnableLsd = given.EnableLsd }),
        (
            nameof(EnablePortMapping),
            (given, settings) => settings with { EnablePortMapping = given.EnablePortMapping }),
        (nameof(EnableWebSeeds), (given, settings) => settings with { EnableWebSeeds = given.EnableWebSeeds }),
        (nameof(DhtBootstrap), (given, settings) => settings with { DhtBootstrap = given.BootstrapNodes(settings) }),
        (
            nameof(DownloadLimit),
            (given, settings) => settings with { DownloadLimit = OrUnlimited(given.DownloadLimit) }),
        (nameof(UploadLimit), (given, settings) => settings with { UploadLimit = OrUnlimited(given.UploadLimit) }),
        (nameof(MaxConnections), (given, settings) => settings with { MaxConnections = given.MaxConnections }),
        (
            nameof(MaxConnectionsPerAddress),
            (given, settings) => settings with { MaxConnectionsPerAddress = given.MaxConnectionsPerAddress }),
        (
            nameof(Encryption),
            (given, settings) => settings with
            {
                OutgoingEncryption = given.Encryption,
                IncomingEncryption = given.Encryption,
            }),
        (
            nameof(OutgoingEncryption),
            (given, settings) => settings with { OutgoingEncryption = given.OutgoingEncryption }),
        (
            nameof(IncomingEncryption),
            (given, settings) => settings with { IncomingEncryption = given.IncomingEncryption }),
        (nameof(PeerCache), (given, settings) => settings with { PeerCache = given.ParsePeerCache(settings) }),
        (nameof(BlockList), (given, settings) => settings with { BlockList = given.BlockedNetworks(settings) }),
        (nameof(IPFilter), (given, settings) => settings with { IPFilter = given.LoadIPFilter() }),
        (nameof(PortFilter), (given, settings) => settings with { PortFilter = given.FilteredPorts(settings) }),
        (nameof(MaxMetadataSize), (given, settings) => settings with { MaxMetadataSize = given.MaxMetadataSize }),
    ];

    /// <summary>
    /// TCP port to listen on. 0 lets the operating system choose a free port. Null selects the first free port from
    /// 6881 to 6999.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public int? Port { get; set; }

    /// <summary>The only local address to listen on and connect from; null means all addresses.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [ArgumentCompleter(typeof(LocalAddressCompleter))]
    public IPAddress? BindAddress { get; set; }

    /// <summary>
    /// The only network interface to use. The torrents are paused while the interface is not available. Null means all
    /// interfaces.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(InterfaceCompleter))]
    public string? Interface { get; set; }

    /// <summary>Whether public torrents use the DHT (BEP 5).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public bool EnableDht { get; set; }

    /// <summary>Whether public torrents exchange peer addresses with connected peers (BEP 11).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public bool EnablePex { get; set; }

    /// <summary>Whether public torrents find peers in the local network by multicast (BEP 14).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public bool EnableLsd { get; set; }

    /// <summary>
    /// Whether gateways are asked to forward the session's ports, so that peers on the internet can connect to this
    /// machine (PCP, NAT-PMP, UPnP).
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public bool EnablePortMapping { get; set; }

    /// <summary>Whether content is also downloaded from web seeds (BEP 19).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public bool EnableWebSeeds { get; set; }

    /// <summary>DHT bootstrap nodes as host:port. The word <c>default</c> stands for all default nodes.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowEmptyCollection]
    [ArgumentCompleter(typeof(DhtBootstrapCompleter))]
    public string[] DhtBootstrap { get; set; } = [];

    /// <summary>Download limit of all torrents together in bytes/s; 0 or null means unlimited.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public long? DownloadLimit { get; set; }

    /// <summary>Upload limit of all torrents together in bytes/s; 0 or null means unlimited.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public long? UploadLimit { get; set; }

    /// <summary>Maximum number of peer connections of all torrents together.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public int MaxConnections { get; set; }

    /// <summary>Maximum number of connections of one torrent to one public IPv4 address or IPv6 /64 network.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public int MaxConnectionsPerAddress { get; set; }

    /// <summary>Value for -OutgoingEncryption and -IncomingEncryption. Each of these parameters overrides it.</summary>
    [Parameter]
    public EncryptionPolicy Encryption { get; set; }

    /// <summary>Whether connections to peers are encrypted.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public EncryptionPolicy OutgoingEncryption { get; set; }

    /// <summary>Whether connections from peers must be, may be or must not be encrypted.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public EncryptionPolicy IncomingEncryption { get; set; }

    /// <summary>
    /// Where the peer cache is stored: file (the state folder), none, or redis://host:port/db (rediss:// for TLS).
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PeerCacheCompleter))]
    public string PeerCache { get; set; } = "";

    /// <summary>Maximum size in bytes of metadata downloaded from peers for a magnet link (BEP 9).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public long MaxMetadataSize { get; set; }

    /// <summary>
    /// Addresses and networks of peers to block. This list replaces the current block list. Block-TorrentPeer and
    /// Unblock-TorrentPeer add and remove single addresses and networks.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowEmptyCollection]
    public string[] BlockList { get; set; } = [];

    /// <summary>
    /// Path of an IP filter: a list of address ranges in CIDR, .dat or .p2p format, plain or compressed with gzip. No
    /// data is exchanged with these addresses. Null switches the filter off.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? IPFilter { get; set; }

    /// <summary>Ports and port ranges of peers to which no connection is made, for example 25 or 1-1023.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowEmptyCollection]
    public string[] PortFilter { get; set; } = [];

    /// <summary>Names of the session settings that the user gave as parameters.</summary>
    private protected IEnumerable<string> BoundSettings =>
        s_settings.Select(setting => setting.Name).Where(MyInvocation.BoundParameters.ContainsKey);

    /// <summary>
    /// Returns <paramref name="before"/> with the values of the parameters that the user gave. Other settings are
    /// unchanged.
    /// </summary>
    /// <exception cref="FormatException">A DHT node or the peer cache is not valid.</exception>
    /// <exception cref="SessionException">A value is out of range.</exception>
    private protected SessionSettings Apply(SessionSettings before)
    {
        SessionSettings after = before;
        foreach ((string name, Func<SessionParameters, SessionSettings, SessionSettings> apply) in s_settings)
        {
            if (MyInvocation.BoundParameters.ContainsKey(name))
                after = apply(this, after);
        }

        after.Check();
        return after;
    }

    /// <summary>
    /// Returns null for an empty text, because PowerShell converts null to an empty string for a parameter of type
    /// string.
    /// </summary>
    private static string? OrNull(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static long? OrUnlimited(long? limit) => limit is 0 ? null : limit;

    private IReadOnlyList<string> BootstrapNodes(SessionSettings before)
    {
        string[] nodes = [.. (DhtBootstrap ?? []).SelectMany(name =>
            name.Equals(DhtBootstrapCompleter.DefaultWord, StringComparison.OrdinalIgnoreCase)
                ? SessionSettings.DefaultDhtBootstrap
                : [PeerAddress.Parse(name).ToString()])];

        // An equal list is replaced by the old one: records compare lists by reference.
        return nodes.SequenceEqual(before.DhtBootstrap) ? before.DhtBootstrap : nodes;
    }

    private IReadOnlyList<IPNetwork> BlockedNetworks(SessionSettings before)
    {
        IPNetwork[] networks =
        [
            .. (BlockList ?? []).Select(text => BlockedNetwork.TryParse(text, out IPNetwork network)
                ? network
                : throw new FormatException($"'{text}' is neither an IP address nor a network.")),
        ];
        return networks.SequenceEqual(before.BlockList) ? before.BlockList : networks;
    }

    private IPFilter LoadIPFilter()
    {
        if (string.IsNullOrEmpty(IPFilter))
            return Engine.IPFilter.None;
        string path = GetUnresolvedProviderPathFromPSPath(IPFilter);
        return Engine.IPFilter.Load(path);
    }

    private IReadOnlyList<PortRange> FilteredPorts(SessionSettings before)
    {
        PortRange[] ports =
        [
            .. (PortFilter ?? []).Select(text => PortRange.TryParse(text, out PortRange range)
                ? range
                : throw new FormatException($"'{text}' is neither a port nor a range of ports such as 1-1023.")),
        ];
        return ports.SequenceEqual(before.PortFilter) ? before.PortFilter : ports;
    }

    /// <summary>
    /// Returns the current location if -PeerCache is the text that Get-TorrentSession shows, which omits user name and
    /// password. Otherwise parses -PeerCache.
    /// </summary>
    private PeerCacheLocation ParsePeerCache(SessionSettings before) =>
        PeerCache == before.PeerCache.ToString() ? before.PeerCache : PeerCacheLocation.Parse(PeerCache);
}

/// <content>
/// The settings. The properties have the names of the parameters of Set-TorrentSession, so that the output of
/// Get-TorrentSession can be piped to that cmdlet.
/// </content>
public sealed partial class TorrentSessionInfo
{
    private readonly SessionSettings _settings;

    /// <summary>
    /// TCP port to listen on. 0 lets the operating system choose a free port. Null selects the first free port from
    /// 6881 to 6999.
    /// </summary>
    public int? Port => _settings.Port;

    /// <summary>The only local address to listen on and connect from; null means all addresses.</summary>
    public IPAddress? BindAddress => _settings.BindAddress;

    /// <summary>The only network interface to use; null means all interfaces.</summary>
    public string? Interface => _settings.Interface;

    /// <summary>Whether public torrents use the DHT (BEP 5).</summary>
    public bool EnableDht => _settings.EnableDht;

    /// <summary>Whether public torrents exchange peer addresses with connected peers (BEP 11).</summary>
    public bool EnablePex => _settings.EnablePex;

    /// <summary>Whether public torrents find peers in the local network by multicast (BEP 14).</summary>
    public bool EnableLsd => _settings.EnableLsd;

    /// <summary>
    /// Whether gateways are asked to forward the session's ports, so that peers on the internet can connect to this
    /// machine (PCP, NAT-PMP, UPnP).
    /// </summary>
    public bool EnablePortMapping => _settings.EnablePortMapping;

    /// <summary>Whether content is also downloaded from web seeds (BEP 19).</summary>
    public bool EnableWebSeeds => _settings.EnableWebSeeds;

    /// <summary>DHT bootstrap nodes as host:port.</summary>
    public FlatList<string> DhtBootstrap => [.. _settings.DhtBootstrap];

    /// <summary>Download limit of all torrents together in bytes/s; null means unlimited.</summary>
    public long? DownloadLimit => _settings.DownloadLimit;

    /// <summary>Upload limit of all torrents together in bytes/s; null means unlimited.</summary>
    public long? UploadLimit => _settings.UploadLimit;

    /// <summary>Maximum number of peer connections of all torrents together.</summary>
    public int MaxConnections => _settings.MaxConnections;

    /// <summary>Maximum number of connections of one torrent to one public IPv4 address or IPv6 /64 network.</summary>
    public int MaxConnectionsPerAddress => _settings.MaxConnectionsPerAddress;

    /// <summary>Whether connections to peers are encrypted.</summary>
    public EncryptionPolicy OutgoingEncryption => _settings.OutgoingEncryption;

    /// <summary>Whether connections from peers must be, may be or must not be encrypted.</summary>
    public EncryptionPolicy IncomingEncryption => _settings.IncomingEncryption;

    /// <summary>
    /// Where the peer cache is stored: file (the state folder), none, or the address of a Redis server. The address is
    /// shown without user name and password.
    /// </summary>
    public string PeerCache => _settings.PeerCache.ToString();

    /// <summary>Maximum size in bytes of metadata downloaded from peers for a magnet link (BEP 9).</summary>
    public long MaxMetadataSize => _settings.MaxMetadataSize;

    /// <summary>Addresses and networks of peers that the user blocked.</summary>
    public FlatList<string> BlockList => [.. _settings.BlockList.Select(TorrentPeerBlock.Text)];

    /// <summary>Path of the IP filter's file; null without a filter.</summary>
    public string? IPFilter => _settings.IPFilter.Path;

    /// <summary>Ports of peers to which no connection is made.</summary>
    public FlatList<string> PortFilter => [.. _settings.PortFilter.Select(range => range.ToString())];

    /// <summary>
    /// Folder for part files, spill files, the peer cache, the DHT routing table and downloaded metadata.
    /// </summary>
    public string StateFolder => _settings.StateFolder ?? SessionSettings.DefaultStateFolder;
}
