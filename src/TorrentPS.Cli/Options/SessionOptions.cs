using System.CommandLine;
using System.Net;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Options;

/// <summary>What a command uses session settings for.</summary>
internal enum SessionUse
{
    /// <summary>Running torrents.</summary>
    Torrents,

    /// <summary>Searching the DHT.</summary>
    Dht,

    /// <summary>Requests to trackers and peers, and the download of a torrent file.</summary>
    Requests,
}

/// <summary>
/// The command-line options for <see cref="SessionSettings"/>. A command that runs no torrent has fewer of these
/// options.
/// </summary>
internal sealed class SessionOptions(SessionUse use = SessionUse.Torrents)
{
    private readonly Option<int?> _port = CommonOptions.Ranged(
        "--port",
        "Listen on port N; 0 lets the operating system choose. Default: the first free port from 6881 to 6999.",
        "N",
        0,
        IPEndPoint.MaxPort);

    private readonly Option<IPAddress?> _bind = new("--bind")
    {
        Description = "Listen on and connect from this local address only. Default: all addresses.",
        HelpName = "ADDR",
        CustomParser = result =>
        {
            if (IPAddress.TryParse(result.Tokens[0].Value, out IPAddress? address))
                return address;
            result.AddError($"'{result.Tokens[0].Value}' is not an IP address.");
            return null;
        },
    };

    private readonly Option<string?> _interface = new("--interface")
    {
        Description = "Use this network interface only; pause while it is gone. The system still resolves host names "
            + "over any interface. Default: all interfaces.",
        HelpName = "NAME",
    };

    private readonly Option<bool> _noDht = new("--no-dht") { Description = "Do not use the DHT." };
    private readonly Option<bool> _noPex = new("--no-pex")
    {
        Description = "Do not exchange peer addresses with peers.",
    };

    private readonly Option<bool> _noLsd = new("--no-lsd")
    {
        Description = "Do not search for peers in the local network.",
    };

    private readonly Option<bool> _noPortMapping = new("--no-port-mapping")
    {
        Description = "Do not ask the router to forward the ports for incoming connections.",
    };

    private readonly Option<bool> _noWebSeeds = new("--no-web-seeds")
    {
        Description = "Do not download from web seeds.",
    };

    private readonly Option<HostAndPort[]> _bootstrap = CommonOptions.Repeatable<HostAndPort>(
        "--dht-bootstrap",
        "Bootstrap the DHT from this node instead of the public ones. Repeat for more nodes.",
        "HOST:PORT",
        HostAndPort.TryParse,
        HostAndPort.Problem);

    private readonly Option<PeerCacheLocation?> _peerCache = new("--peer-cache")
    {
        Description = "Store known peers for the next start: file, none, redis://HOST:PORT/DB, or rediss:// for "
            + "TLS. Default: file.",
        HelpName = "URI",
        CustomParser = result =>
        {
            try
            {
                return PeerCacheLocation.Parse(result.Tokens[0].Value);
            }
            catch (FormatException e)
            {
                result.AddError(e.Message);
                return null;
            }
        },
    };

    private readonly Option<IPNetwork[]> _block = CommonOptions.Repeatable<IPNetwork>(
        "--block",
        "Do not connect to peers with this address or in this network. Repeat for more.",
        "ADDR",
        BlockedNetwork.TryParse,
        "neither an IP address nor a network such as 203.0.113.0/24");

    private readonly Option<IPFilter?> _ipFilter = new("--ip-filter")
    {
        Description = "Exchange no data with the address ranges in this list: CIDR, .dat or .p2p format, also gzip.",
        HelpName = "FILE",
        CustomParser = result =>
        {
            try
            {
                return IPFilter.Load(result.Tokens[0].Value);
            }
            catch (SessionException e)
            {
                result.AddError(e.Message);
                return null;
            }
        },
    };

    private readonly Option<PortRange[]> _portFilter = CommonOptions.Repeatable<PortRange>(
        "--port-filter",
        "Do not connect to peers at this port or range of ports. Repeat for more.",
        "PORTS",
        PortRange.TryParse,
        "neither a port nor a range of ports such as 1-1023");

    private readonly Option<EncryptionPolicy> _encryption = new("--encryption")
    {
        Description = "Whether connections with peers are encrypted: prefer, require or disable. Default: prefer.",
        HelpName = "POLICY",
    };

    private readonly Option<int?> _maxConnections =
        CommonOptions.Ranged("--max-connections", "Maximum peer connections. Default: 500.", "N", 1, 100_000);

    private readonly Option<int?> _maxPerAddress = CommonOptions.Ranged(
        "--max-per-address", "Maximum connections of a torrent to one public address. Default: 1.", "N", 1, 100_000);

    private readonly Option<int?> _maxMetadata = CommonOptions.Ranged(
        "--max-metadata", "Maximum size of metadata fetched from peers, in MiB. Default: 32.", "MIB", 1, 1024);

    public void AddTo(Command command)
    {
        _encryption.AcceptOnlyFromAmong("prefer", "require", "disable");
        Option[] options = use switch
        {
            SessionUse.Requests => [_bind, _interface],
            SessionUse.Dht => [_port, _bind, _interface, _bootstrap],
            _ =>
            [
                _port, _bind, _interface, _noDht, _noPex, _noLsd, _noPortMapping, _noWebSeeds, _bootstrap, _peerCache,
                _block, _ipFilter, _portFilter, _encryption, _maxConnections, _maxPerAddress, _maxMetadata,
            ],
        };
        foreach (Option option in options)
            command.Add(option);
        command.MakeExclusive(_bind, _interface);
        if (use == SessionUse.Torrents)
            command.MakeExclusive(_noDht, _bootstrap);
    }

    /// <summary>
    /// Returns the settings for the options in the command line. Other settings have the defaults of
    /// <see cref="SessionSettings"/>.
    /// </summary>
    public SessionSettings Read(ParseResult parsed)
    {
        var defaults = new SessionSettings();
        return defaults with
        {
            Port = parsed.GetValue(_port),
            BindAddress = parsed.GetValue(_bind),
            Interface = parsed.GetValue(_interface),
            EnableDht = !parsed.GetValue(_noDht),
            EnablePex = !parsed.GetValue(_noPex),
            EnableLsd = !parsed.GetValue(_noLsd),
            EnablePortMapping = !parsed.GetValue(_noPortMapping),
            EnableWebSeeds = !parsed.GetValue(_noWebSeeds),
            DhtBootstrap = parsed.GetValue(_bootstrap) is { Length: > 0 } nodes
                ? [.. nodes.Select(node => node.ToString())]
                : defaults.DhtBootstrap,
            PeerCache = parsed.GetValue(_peerCache) ?? defaults.PeerCache,
            BlockList = parsed.GetValue(_block) is { Length: > 0 } blocked ? blocked : defaults.BlockList,
            IPFilter = parsed.GetValue(_ipFilter) ?? defaults.IPFilter,
            PortFilter = parsed.GetValue(_portFilter) is { Length: > 0 } ports ? ports : defaults.PortFilter,
            OutgoingEncryption = parsed.GetValue(_encryption),
            IncomingEncryption = parsed.GetValue(_encryption),
            MaxConnections = parsed.GetValue(_maxConnections) ?? defaults.MaxConnections,
            MaxConnectionsPerAddress = parsed.GetValue(_maxPerAddress) ?? defaults.MaxConnectionsPerAddress,
            MaxMetadataSize = parsed.GetValue(_maxMetadata) is { } size ? (long)size << 20 : defaults.MaxMetadataSize,
        };
    }
}
