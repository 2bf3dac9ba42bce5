using System.Text.Json.Nodes;

namespace TorrentPS.Interop;

/// <summary>How each of the other clients is run. They find their peers through the tracker alone.</summary>
internal static class OtherClients
{
    private const string RpcPort = "9191";
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(20);

    /// <summary>Starts a seed of the torrent's content; it is ready once the tracker knows it.</summary>
    public static async Task<RunningProcess> SeedAsync(this Stage stage, RealClient client, TestTorrent torrent, int number = 0) => client switch
    {
        RealClient.Libtorrent => Libtorrent(stage, "seed", torrent, torrent.Content.Folder, number),
        RealClient.Transmission => await TransmissionAsync(stage, torrent, torrent.Content.Folder, number),
        _ => Aria2(stage, torrent, torrent.Content.Folder, number, "--check-integrity=true", "--seed-ratio=0.0"),
    };

    /// <summary>Downloads the torrent into a folder and ends when all is on disk.</summary>
    public static async Task LeechAsync(this Stage stage, RealClient client, TestTorrent torrent, string folder, TimeSpan limit)
    {
        switch (client)
        {
            case RealClient.Libtorrent:
                await Libtorrent(stage, "leech", torrent, folder, 0).SucceedAsync(limit);
                break;
            case RealClient.Aria2:
                await Aria2(stage, torrent, folder, 0, "--seed-time=0").SucceedAsync(limit);
                break;
            default:
                RunningProcess daemon = await TransmissionAsync(stage, torrent, folder, 0);
                await TransmissionSaysAsync(stage, daemon, "Percent Done: 100%", limit, "-t", "1", "-i");
                await daemon.StopAsync("TERM", s_start);
                break;
        }
    }

    private static RunningProcess Libtorrent(Stage stage, string role, TestTorrent torrent, string folder, int number) =>
        stage.StartThere($"libtorrent {role} {number}", "/usr/bin/python3", Stage.Script("libtorrent_peer.py"), role, torrent.Path, folder, Network.PeerAddress(number), "7002");

    private static RunningProcess Aria2(Stage stage, TestTorrent torrent, string folder, int number, params IEnumerable<string> more) =>
        stage.StartThere($"aria2 {number}", "aria2c",
        [
            "--no-conf", $"--dir={folder}", $"--interface={Network.PeerAddress(number)}", "--listen-port=7003", "--dht-listen-port=7003", "--dht-entry-point=127.0.0.1:9", "--bt-enable-lpd=false", "--disable-ipv6=true",
            "--file-allocation=none", "--console-log-level=notice", "--summary-interval=0", "--show-console-readout=false", "--bt-save-metadata=false", .. more, torrent.Path,
        ]);

    private static async Task<RunningProcess> TransmissionAsync(Stage stage, TestTorrent torrent, string folder, int number)
    {
        string configuration = stage.NewFolder($"transmission {number}");
        var settings = new JsonObject
        {
            ["bind-address-ipv4"] = Network.PeerAddress(number),
            ["download-dir"] = folder,
            ["rpc-bind-address"] = "127.0.0.1",
            ["rpc-port"] = int.Parse(RpcPort, System.Globalization.CultureInfo.InvariantCulture),
            ["rpc-whitelist-enabled"] = false,
            ["peer-port"] = 7004,
            ["dht-enabled"] = false,
            ["lpd-enabled"] = false,
            ["pex-enabled"] = false,
            ["utp-enabled"] = false,
            ["port-forwarding-enabled"] = false,
        };
        await File.WriteAllTextAsync(Path.Combine(configuration, "settings.json"), settings.ToJsonString());
        RunningProcess daemon = stage.StartThere($"transmission {number}", "transmission-daemon", "--foreground", "--config-dir", configuration);
        await TransmissionSaysAsync(stage, daemon, "ID ", s_start, "-l");
        await TransmissionSaysAsync(stage, daemon, "success", s_start, "-a", torrent.Path, "-w", folder);
        return daemon;
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
