using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace TorrentPS.Interop;

/// <summary>Starts the other clients with one peer source enabled.</summary>
internal static class OtherClients
{
    private const string RpcPort = "9191";
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(20);

    /// <summary>The listening port of a client.</summary>
    public static int PortOf(RealClient client) => client switch
    {
        RealClient.Libtorrent => 7002,
        RealClient.Aria2 => 7003,
        RealClient.RTorrent => 7006,
        _ => 7004,
    };

    /// <summary>
    /// Starts a seed of the torrent's content. It is ready when the tracker or the DHT has its announce, or when it
    /// accepts connections.
    /// </summary>
    public static async Task<RunningProcess> SeedAsync(
        this TestEnvironment environment,
        RealClient client,
        TestTorrent torrent,
        int number = 0,
        PeerSourceKind peerSource = PeerSourceKind.Tracker,
        ClientEncryption encryption = ClientEncryption.Default) =>
        client switch
        {
            RealClient.Libtorrent => Libtorrent(
                environment,
                "seed",
                torrent.Path,
                torrent.Content.Folder,
                Network.RemoteAddress(number),
                peerSource,
                encryption),
            RealClient.Transmission => await TransmissionAsync(
                environment, torrent.Path, torrent.Content.Folder, number, peerSource, encryption),
            RealClient.RTorrent => RTorrent(environment, torrent.Path, torrent.Content.Folder, number),
            _ => Aria2(
                environment,
                torrent.Path,
                torrent.Content.Folder,
                number,
                peerSource,
                ["--check-integrity=true", "--seed-ratio=0.0", .. Aria2Options(encryption)]),
        };

    /// <summary>Downloads a torrent file or magnet link into a folder, until the content is complete.</summary>
    public static async Task LeechAsync(
        this TestEnvironment environment,
        RealClient client,
        string source,
        string folder,
        TimeSpan limit,
        PeerSourceKind peerSource = PeerSourceKind.Tracker,
        ClientEncryption encryption = ClientEncryption.Default)
    {
        switch (client)
        {
            case RealClient.Libtorrent:
                await Libtorrent(
                    environment, "leech", source, folder, Network.RemoteAddress(0), peerSource, encryption)
                    .SucceedAsync(limit);
                break;
            case RealClient.Aria2:
                await Aria2(
                    environment, source, folder, 0, peerSource, ["--seed-time=0", .. Aria2Options(encryption)])
                    .SucceedAsync(limit);
                break;
            case RealClient.RTorrent:
                await RTorrent(
                    environment,
                    source,
                    folder,
                    number: 0,
                    "method.set_key = event.download.finished,quit,((system.shutdown.normal))").SucceedAsync(limit);
                break;
            default:
                RunningProcess daemon = await TransmissionAsync(
                    environment, source, folder, 0, peerSource, encryption);
                await WaitForTransmissionAsync(environment, daemon, "Percent Done: 100%", limit, "-t", "1", "-i");
                await daemon.StopAsync("TERM", s_start);
                break;
        }
    }

    /// <summary>Starts libtorrent with one torrent.</summary>
    /// <param name="environment">The environment of the test.</param>
    /// <param name="role"><c>seed</c>, or <c>leech</c>, which ends when the content is complete.</param>
    /// <param name="source">The torrent file or magnet link.</param>
    /// <param name="folder">The folder of the content.</param>
    /// <param name="address">The only local address.</param>
    /// <param name="peerSource">The only peer source except trackers.</param>
    /// <param name="encryption">How the client uses encryption.</param>
    public static RunningProcess Libtorrent(
        TestEnvironment environment,
        string role,
        string source,
        string folder,
        string address,
        PeerSourceKind peerSource,
        ClientEncryption encryption = ClientEncryption.Default)
    {
        string[] options = peerSource switch
        {
            PeerSourceKind.Dht => ["--dht", TestEnvironment.Router],
            PeerSourceKind.Pex => ["--pex"],
            PeerSourceKind.Lsd => ["--lsd"],
            _ => [],
        };
        return environment.StartRemote(
            $"libtorrent {role} {address}",
            "/usr/bin/python3",
            [
                TestEnvironment.Script("libtorrent_peer.py"),
                role,
                source,
                folder,
                address,
                $"{PortOf(RealClient.Libtorrent)}",
                .. options,
                .. encryption == ClientEncryption.Default
                    ? Array.Empty<string>()
                    : ["--encryption", encryption == ClientEncryption.Required ? "forced" : "disabled"],
            ]);
    }

    private static string[] Aria2Options(ClientEncryption encryption) => encryption switch
    {
        ClientEncryption.Required => ["--bt-force-encryption=true"],
        ClientEncryption.Plain => ["--bt-require-crypto=false", "--bt-min-crypto-level=plain"],
        _ => [],
    };

    private static RunningProcess Aria2(
        TestEnvironment environment,
        string source,
        string folder,
        int number,
        PeerSourceKind peerSource,
        params IEnumerable<string> more)
    {
        int port = PortOf(RealClient.Aria2);
        return environment.StartRemote($"aria2 {number}", "aria2c",
        [
            "--no-conf",
            $"--dir={folder}",
            $"--interface={Network.RemoteAddress(number)}",
            $"--listen-port={port}",
            "--disable-ipv6=true",
            $"--enable-dht={Is(PeerSourceKind.Dht, PeerSourceKind.Tracker)}",
            $"--dht-listen-port={port}",
            $"--dht-entry-point={(peerSource == PeerSourceKind.Dht ? TestEnvironment.Router : "127.0.0.1:9")}",
            $"--enable-peer-exchange={Is(PeerSourceKind.Pex)}",
            $"--bt-enable-lpd={Is(PeerSourceKind.Lsd)}",
            $"--bt-lpd-interface={Network.RemoteAddress(number)}",
            "--file-allocation=none",
            "--console-log-level=info",
            "--summary-interval=0",
            "--show-console-readout=false",
            "--bt-save-metadata=false",
            .. more,
            source,
        ]);

        // aria2 queries UDP trackers through its DHT socket, so the DHT is enabled without a reachable node.
        string Is(params PeerSourceKind[] any) => any.Contains(peerSource) ? "true" : "false";
    }

    /// <summary>Starts rTorrent with one torrent and trackers as its only peer source.</summary>
    private static RunningProcess RTorrent(
        TestEnvironment environment, string source, string folder, int number, params IEnumerable<string> more)
    {
        string session = environment.NewFolder($"rtorrent-{number}");
        string configuration = Path.Combine(session, "rtorrent.rc");
        int port = PortOf(RealClient.RTorrent);
        string[] settings =
        [
            "system.daemon.set = true",
            $"session.path.set = \"{session}\"",
            $"directory.default.set = \"{folder}\"",
            $"network.port_range.set = {port}-{port}",
            $"network.bind_address.set = {Network.RemoteAddress(number)}",
            "dht.mode.set = disable",
            "protocol.pex.set = no",
            .. more,
        ];
        File.WriteAllLines(configuration, settings);
        return environment.StartRemote(
            $"rtorrent {number}", "rtorrent", "-n", "-o", $"import={configuration}", source);
    }

    private static async Task<RunningProcess> TransmissionAsync(
        TestEnvironment environment,
        string source,
        string folder,
        int number,
        PeerSourceKind peerSource,
        ClientEncryption encryption)
    {
        string configuration = environment.NewFolder($"transmission {number}");
        var settings = new JsonObject
        {
            ["bind-address-ipv4"] = Network.RemoteAddress(number),
            ["download-dir"] = folder,
            ["rpc-bind-address"] = "127.0.0.1",
            ["rpc-port"] = int.Parse(RpcPort, System.Globalization.CultureInfo.InvariantCulture),
            ["rpc-whitelist-enabled"] = false,
            ["peer-port"] = PortOf(RealClient.Transmission),
            ["dht-enabled"] = peerSource == PeerSourceKind.Dht,
            ["lpd-enabled"] = peerSource == PeerSourceKind.Lsd,
            ["pex-enabled"] = peerSource == PeerSourceKind.Pex,
            ["utp-enabled"] = false,
            ["port-forwarding-enabled"] = false,
            // 0: prefers plain text, 1: prefers encryption (the default), 2: requires encryption.
            ["encryption"] = encryption switch
            {
                ClientEncryption.Required => 2,
                ClientEncryption.Plain => 0,
                _ => 1,
            },
            ["message-level"] = 3,
        };
        await File.WriteAllTextAsync(Path.Combine(configuration, "settings.json"), settings.ToJsonString());
        await File.WriteAllBytesAsync(Path.Combine(configuration, "dht.dat"), SavedNodes());
        RunningProcess daemon = environment.StartRemote(
            $"transmission {number}", "transmission-daemon", "--foreground", "--config-dir", configuration);
        await WaitForTransmissionAsync(environment, daemon, "ID ", s_start, "-l");
        await WaitForTransmissionAsync(environment, daemon, "success", s_start, "-a", source, "-w", folder);
        return daemon;
    }

    /// <summary>
    /// Returns Transmission's file of DHT nodes. With a single bootstrap node Transmission takes minutes to join.
    /// </summary>
    private static byte[] SavedNodes()
    {
        byte[] nodes =
        [
            .. Network.ThirdAddresses.SelectMany(
                address => IPAddress.Parse(address).GetAddressBytes().Concat(
                    new byte[] { TestEnvironment.ThirdPort >> 8, TestEnvironment.ThirdPort & 0xFF })),
        ];
        return [.. Encoding.ASCII.GetBytes($"d5:nodes{nodes.Length}:"), .. nodes, (byte)'e'];
    }

    /// <summary>Repeats a transmission-remote command until its output contains a text.</summary>
    private static async Task WaitForTransmissionAsync(
        TestEnvironment environment,
        RunningProcess daemon,
        string answer,
        TimeSpan limit,
        params IEnumerable<string> question)
    {
        DateTime end = DateTime.UtcNow + limit;
        string last;
        do
        {
            if (daemon.HasExited)
                throw daemon.Failure("transmission ended");
            string[] command = ["transmission-remote", $"127.0.0.1:{RpcPort}", .. question];
            using var process = new RunningProcess(
                environment,
                "transmission-remote",
                "ip",
                ["netns", "exec", environment.RemoteNamespace, .. command],
                environment.Folder);
            await process.WaitForExitAsync(s_start);
            last = string.Join('\n', process.Lines);
            if (last.Contains(answer, StringComparison.Ordinal))
                return;

            // Transmission has no event to wait for.
            await Task.Delay(100);
        }
        while (DateTime.UtcNow < end);
        throw daemon.Failure($"transmission did not answer '{answer}'; its last answer: {last}");
    }
}
