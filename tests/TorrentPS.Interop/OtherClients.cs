using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace TorrentPS.Interop;

/// <summary>How each of the other clients is run, with one way to find peers and all others switched off.</summary>
internal static class OtherClients
{
    private const string RpcPort = "9191";
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(20);

    /// <summary>The port each of them listens on.</summary>
    public static int PortOf(RealClient client) => client switch
    {
        RealClient.Libtorrent => 7002,
        RealClient.Aria2 => 7003,
        _ => 7004,
    };

    /// <summary>Starts a seed of the torrent's content; it is ready once the tracker or the DHT knows it, or it takes connections.</summary>
    public static async Task<RunningProcess> SeedAsync(this Stage stage, RealClient client, TestTorrent torrent, int number = 0, Way way = Way.Tracker) => client switch
    {
        RealClient.Libtorrent => Libtorrent(stage, "seed", torrent.Path, torrent.Content.Folder, Network.PeerAddress(number), way),
        RealClient.Transmission => await TransmissionAsync(stage, torrent.Path, torrent.Content.Folder, number, way),
        _ => Aria2(stage, torrent.Path, torrent.Content.Folder, number, way, "--check-integrity=true", "--seed-ratio=0.0"),
    };

    /// <summary>Downloads a torrent file or magnet link into a folder and ends when all is on disk.</summary>
    public static async Task LeechAsync(this Stage stage, RealClient client, string source, string folder, TimeSpan limit, Way way = Way.Tracker)
    {
        switch (client)
        {
            case RealClient.Libtorrent:
                await Libtorrent(stage, "leech", source, folder, Network.PeerAddress(0), way).SucceedAsync(limit);
                break;
            case RealClient.Aria2:
                await Aria2(stage, source, folder, 0, way, "--seed-time=0").SucceedAsync(limit);
                break;
            default:
                RunningProcess daemon = await TransmissionAsync(stage, source, folder, 0, way);
                await TransmissionSaysAsync(stage, daemon, "Percent Done: 100%", limit, "-t", "1", "-i");
                await daemon.StopAsync("TERM", s_start);
                break;
        }
    }

    /// <summary>Starts libtorrent with one torrent.</summary>
    /// <param name="stage">Where.</param>
    /// <param name="role"><c>seed</c>, or <c>leech</c>, which ends when all is on disk.</param>
    /// <param name="source">The torrent file or magnet link.</param>
    /// <param name="folder">The content's folder.</param>
    /// <param name="address">The only address that it uses.</param>
    /// <param name="way">The only way to find peers, beside trackers.</param>
    public static RunningProcess Libtorrent(Stage stage, string role, string source, string folder, string address, Way way)
    {
        string[] ways = way switch
        {
            Way.Dht => ["--dht", Stage.Router],
            Way.Pex => ["--pex"],
            Way.Lsd => ["--lsd"],
            _ => [],
        };
        return stage.StartThere(
            $"libtorrent {role} {address}", "/usr/bin/python3", [Stage.Script("libtorrent_peer.py"), role, source, folder, address, $"{PortOf(RealClient.Libtorrent)}", .. ways]);
    }

    private static RunningProcess Aria2(Stage stage, string source, string folder, int number, Way way, params IEnumerable<string> more)
    {
        int port = PortOf(RealClient.Aria2);
        return stage.StartThere($"aria2 {number}", "aria2c",
        [
            "--no-conf", $"--dir={folder}", $"--interface={Network.PeerAddress(number)}", $"--listen-port={port}", "--disable-ipv6=true",
            $"--enable-dht={Is(Way.Dht, Way.Tracker)}", $"--dht-listen-port={port}", $"--dht-entry-point={(way == Way.Dht ? Stage.Router : "127.0.0.1:9")}", $"--enable-peer-exchange={Is(Way.Pex)}",
            $"--bt-enable-lpd={Is(Way.Lsd)}", $"--bt-lpd-interface={Network.PeerAddress(number)}",
            "--file-allocation=none", "--console-log-level=info", "--summary-interval=0", "--show-console-readout=false", "--bt-save-metadata=false", .. more, source,
        ]);

        // It asks UDP trackers through the socket of its DHT, which is there without anybody to talk to.
        string Is(params Way[] asked) => asked.Contains(way) ? "true" : "false";
    }

    private static async Task<RunningProcess> TransmissionAsync(Stage stage, string source, string folder, int number, Way way)
    {
        string configuration = stage.NewFolder($"transmission {number}");
        var settings = new JsonObject
        {
            ["bind-address-ipv4"] = Network.PeerAddress(number),
            ["download-dir"] = folder,
            ["rpc-bind-address"] = "127.0.0.1",
            ["rpc-port"] = int.Parse(RpcPort, System.Globalization.CultureInfo.InvariantCulture),
            ["rpc-whitelist-enabled"] = false,
            ["peer-port"] = PortOf(RealClient.Transmission),
            ["dht-enabled"] = way == Way.Dht,
            ["lpd-enabled"] = way == Way.Lsd,
            ["pex-enabled"] = way == Way.Pex,
            ["utp-enabled"] = false,
            ["port-forwarding-enabled"] = false,
            ["message-level"] = 3,
        };
        await File.WriteAllTextAsync(Path.Combine(configuration, "settings.json"), settings.ToJsonString());
        await File.WriteAllBytesAsync(Path.Combine(configuration, "dht.dat"), SavedNodes());
        RunningProcess daemon = stage.StartThere($"transmission {number}", "transmission-daemon", "--foreground", "--config-dir", configuration);
        await TransmissionSaysAsync(stage, daemon, "ID ", s_start, "-l");
        await TransmissionSaysAsync(stage, daemon, "success", s_start, "-a", source, "-w", folder);
        return daemon;
    }

    /// <summary>The file in which Transmission keeps the DHT nodes of its last run: it takes minutes to get to know enough by a single one.</summary>
    private static byte[] SavedNodes()
    {
        byte[] nodes = [.. Network.ThirdAddresses.SelectMany(address => IPAddress.Parse(address).GetAddressBytes().Concat(new byte[] { Stage.ThirdPort >> 8, Stage.ThirdPort & 0xFF }))];
        return [.. Encoding.ASCII.GetBytes($"d5:nodes{nodes.Length}:"), .. nodes, (byte)'e'];
    }

    /// <summary>Asks the daemon again and again until it answers so.</summary>
    private static async Task TransmissionSaysAsync(Stage stage, RunningProcess daemon, string answer, TimeSpan limit, params IEnumerable<string> question)
    {
        DateTime end = DateTime.UtcNow + limit;
        string last;
        do
        {
            if (daemon.HasExited)
                throw daemon.Failure("transmission ended");
            using var process = new RunningProcess(stage, "transmission-remote", "ip", ["netns", "exec", stage.TheirSpace, "transmission-remote", $"127.0.0.1:{RpcPort}", .. question], stage.Folder);
            await process.WaitForExitAsync(s_start);
            last = string.Join('\n', process.Lines);
            if (last.Contains(answer, StringComparison.Ordinal))
                return;
            // It has no event to wait for.
            await Task.Delay(100);
        }
        while (DateTime.UtcNow < end);
        throw daemon.Failure($"transmission never said '{answer}'; its last answer: {last}");
    }
}
