namespace TorrentPS.Interop;

/// <summary>Web seeds (BEP 19): nginx alone has the content.</summary>
public sealed class WebSeedTests(Network network) : IClassFixture<Network>
{
    private const int Port = 7008;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private static string Url => $"http://{Network.PeerAddress(0)}:{Port}/";

    [SkippableTheory]
    [InlineData(Shape.SingleFile, "1")]
    [InlineData(Shape.ManyFiles, "1")]
    [InlineData(Shape.ManyFiles, "hybrid")]
    public async Task We_download_from_it_without_any_peer(Shape shape, string version)
    {
        Requirements.Demand("nginx");
        using var stage = new Stage(network);
        TestTorrent torrent = await PrepareAsync(stage, shape, version);
        string folder = stage.NewFolder("download");

        await TorrentPsTool.Download(stage, torrent, folder).SucceedAsync(s_limit);

        AssertSame(stage, torrent, folder);
    }

    [SkippableFact]
    public async Task A_link_that_names_it_needs_a_peer_for_the_metadata_alone()
    {
        Requirements.Demand("nginx", RealClient.Libtorrent);
        using var stage = new Stage(network);
        TestTorrent torrent = await PrepareAsync(stage, Shape.ManyFiles, "1");
        stage.StartIntroducer(torrent.Path);
        string folder = stage.NewFolder("download");
        string link = $"{torrent.Magnet(peer: Stage.Introducer)}&ws={Uri.EscapeDataString(Url)}";

        await TorrentPsTool.Download(stage, link, folder, TorrentPsTool.Only(Way.Tracker)).SucceedAsync(s_limit);

        AssertSame(stage, torrent, folder);
    }

    [SkippableFact]
    public async Task Libtorrent_downloads_from_it_by_the_torrent_that_we_made()
    {
        Requirements.Demand("nginx", RealClient.Libtorrent);
        using var stage = new Stage(network);
        TestTorrent torrent = await PrepareAsync(stage, Shape.ManyFiles, "1");
        string folder = stage.NewFolder("download");

        await stage.LeechAsync(RealClient.Libtorrent, torrent.Path, folder, s_limit);

        AssertSame(stage, torrent, folder);
    }

    private static async Task<TestTorrent> PrepareAsync(Stage stage, Shape shape, string version)
    {
        TestTorrent torrent = await TestTorrent.CreateAsync(stage, TestContent.Of(shape), null, version, webSeed: Url);
        string file = Path.Combine(stage.Folder, "nginx.conf");
        // One process: a worker would outlive its master when that is killed, and hold its output.
        string temporary = string.Concat(
            new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(name => $"{name}_temp_path {stage.Folder}/{name};"));
        await File.WriteAllTextAsync(file, $$"""
            daemon off; master_process off; pid {{stage.Folder}}/nginx.pid; error_log stderr notice;
            events { }
            http { access_log off; {{temporary}} server { listen {{Network.PeerAddress(0)}}:{{Port}}; root {{torrent.Content.Folder}}; } }
            """);
        RunningProcess server = stage.StartThere("nginx", "nginx", "-p", stage.Folder, "-c", file, "-e", "stderr");
        await server.WaitForLineAsync("its start", line => line.Contains("event method", StringComparison.Ordinal), s_limit);
        return torrent;
    }

    private static void AssertSame(Stage stage, TestTorrent torrent, string folder)
    {
        if (torrent.Content.DifferenceTo(folder) is { } difference)
            throw stage.Failure(difference);
    }
}
