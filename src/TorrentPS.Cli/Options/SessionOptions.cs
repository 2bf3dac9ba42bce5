using System.CommandLine;
using System.Net;
using TorrentPS.Engine;

namespace TorrentPS.Cli.Options;

/// <summary>Where to listen and where peers are found: options that all transfers share, and some of them what only asks the DHT.</summary>
internal sealed class SessionOptions(bool forDht = false)
{
    private readonly Option<int?> _port = CommonOptions.Port();
    private readonly Option<IPAddress?> _bind = CommonOptions.Bind();
    private readonly Option<bool> _noDht = new("--no-dht") { Description = "Take no part in the DHT." };
    private readonly Option<bool> _noPex = new("--no-pex") { Description = "Exchange no peers with peers." };
    private readonly Option<bool> _noLsd = new("--no-lsd") { Description = "Seek no peers in the local network." };
    private readonly Option<bool> _noWebSeeds = new("--no-web-seeds") { Description = "Fetch nothing from the web servers that a torrent names." };
    private readonly Option<HostAndPort[]> _bootstrap = new("--dht-bootstrap")
    {
        Description = "A DHT node to begin with, instead of the public ones; may be repeated.",
        HelpName = "HOST:PORT",
        CustomParser = HostAndPort.ParseAll,
    };

    private readonly Option<PeerCacheLocation?> _peerCache = new("--peer-cache")
    {
        Description = "Where peers that worked are remembered: file, none, or redis://HOST:PORT/DB. Default: file.",
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

    public void AddTo(Command command)
    {
        Option[] all = [_port, _bind, _noDht, _noPex, _noLsd, _noWebSeeds, _bootstrap, _peerCache];
        Option[] chosen = forDht ? [_port, _bind, _bootstrap] : all;
        foreach (Option option in chosen)
            command.Add(option);
        if (!forDht)
            command.Exclusive(_noDht, _bootstrap);
    }

    /// <summary>The settings as chosen.</summary>
    public SessionSettings Read(ParseResult parsed)
    {
        var settings = new SessionSettings
        {
            Port = parsed.GetValue(_port),
            BindAddress = parsed.GetValue(_bind),
            EnableDht = !parsed.GetValue(_noDht),
            EnablePex = !parsed.GetValue(_noPex),
            EnableLsd = !parsed.GetValue(_noLsd),
            EnableWebSeeds = !parsed.GetValue(_noWebSeeds),
        };
        if (parsed.GetValue(_bootstrap) is { Length: > 0 } nodes)
            settings = settings with { DhtBootstrap = [.. nodes.Select(node => node.ToString())] };
        return parsed.GetValue(_peerCache) is { } peerCache ? settings with { PeerCache = peerCache } : settings;
    }
}
