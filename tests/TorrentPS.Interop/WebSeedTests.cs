namespace TorrentPS.Interop;

/// <summary>Web seeds (BEP 19). Only nginx has the content.</summary>
public sealed class WebSeedTests(Network network) : IClassFixture<Network>
{
    private const int Port = 7008;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private static string Url => $"http://{Network.RemoteAddress(0)}:{Port}/";

    [SkippableTheory]
    [InlineData(Shape.SingleFile, "1")]
    [InlineData(Shape.ManyFiles, "1")]
    [InlineData(Shape.ManyFiles, "hybrid")]
    public async Task The_content_is_downloaded_from_a_web_seed_without_peers(Shape shape, string version)
    {
        Requirements.Require("nginx");
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await PrepareAsync(environment, shape, version);
        string folder = environment.NewFolder("download");

        await TorrentPsTool.Download(environment, torrent, folder).SucceedAsync(s_limit);

        AssertSame(environment, torrent, folder);
    }

    [SkippableFact]
    public async Task A_magnet_link_with_a_web_seed_needs_a_peer_only_for_the_metadata()
    {
        Requirements.Require("nginx", RealClient.Libtorrent);
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await PrepareAsync(environment, Shape.ManyFiles, "1");
        environment.StartIntroducer(torrent.Path);
        string folder = environment.NewFolder("download");
        string link = $"{torrent.Magnet(peer: TestEnvironment.Introducer)}&ws={Uri.EscapeDataString(Url)}";

        await TorrentPsTool.Download(
            environment, link, folder, TorrentPsTool.Only(PeerSourceKind.Tracker)).SucceedAsync(s_limit);

        AssertSame(environment, torrent, folder);
    }

    [SkippableFact]
    public async Task Libtorrent_downloads_from_the_web_seed_of_a_torrent_created_by_torrentps()
    {
        Requirements.Require("nginx", RealClient.Libtorrent);
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await PrepareAsync(environment, Shape.ManyFiles, "1");
        string folder = environment.NewFolder("download");

        await environment.LeechAsync(RealClient.Libtorrent, torrent.Path, folder, s_limit);

        AssertSame(environment, torrent, folder);
    }

    private static async Task<TestTorrent> PrepareAsync(TestEnvironment environment, Shape shape, string version)
    {
        TestTorrent torrent = await TestTorrent.CreateAsync(
            environment, TestContent.Of(shape), null, version, webSeed: Url);
        string file = Path.Combine(environment.Folder, "nginx.conf");

        // nginx runs as one process: a worker would outlive a killed master and keep its output open.
        string temporary = string.Concat(
            new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(
                name => $"{name}_temp_path {environment.Folder}/{name};"));
        await File.WriteAllTextAsync(file, $$"""
            daemon off; master_process off; pid {{environment.Folder}}/nginx.pid; error_log stderr notice;
            events { }
            http {
                access_log off; {{temporary}}
                server { listen {{Network.RemoteAddress(0)}}:{{Port}}; root {{torrent.Content.Folder}}; }
            }
            """);
        RunningProcess server = environment.StartRemote(
            "nginx", "nginx", "-p", environment.Folder, "-c", file, "-e", "stderr");
        await server.WaitForLineAsync(
            "its start", line => line.Contains("event method", StringComparison.Ordinal), s_limit);
        return torrent;
    }

    private static void AssertSame(TestEnvironment environment, TestTorrent torrent, string folder)
    {
        if (torrent.Content.DifferenceTo(folder) is { } difference)
            throw environment.Failure(difference);
    }
}
