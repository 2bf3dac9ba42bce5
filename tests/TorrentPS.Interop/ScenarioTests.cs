namespace TorrentPS.Interop;

/// <summary>What goes on in real swarms beside one seed and one leech.</summary>
public sealed class ScenarioTests(Network network) : IClassFixture<Network>
{
    /// <summary>Slow enough to act in the middle: the single file takes three seconds.</summary>
    private static readonly string[] s_slowly = ["--download-limit", "4194304"];

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task Several_seeds_serve_one_download()
    {
        Requirements.Demand(RealClient.Libtorrent, RealClient.Transmission, RealClient.Aria2);
        using var stage = new Stage(network);
        TestTorrent torrent = await PrepareAsync(stage, Shape.SingleFile);
        await stage.SeedAsync(RealClient.Libtorrent, torrent, 0);
        await stage.SeedAsync(RealClient.Transmission, torrent, 1);
        await stage.SeedAsync(RealClient.Aria2, torrent, 2);
        await stage.TrackerKnowsAsync(torrent, "seeds", 3, s_limit);
        string folder = stage.NewFolder("download");

        await TorrentPsTool.Download(stage, torrent, folder).SucceedAsync(s_limit);

        AssertSame(stage, torrent, folder);
    }

    [SkippableFact]
    public async Task One_seed_serves_several_clients_at_once()
    {
        Requirements.Demand(RealClient.Libtorrent, RealClient.Aria2);
        using var stage = new Stage(network);
        TestTorrent torrent = await PrepareAsync(stage, Shape.ManyFiles);
        TorrentPsTool.Seed(stage, torrent, torrent.Content.Folder);
        await stage.TrackerKnowsAsync(torrent, "seeds", 1, s_limit);
        (string first, string second) = (stage.NewFolder("first"), stage.NewFolder("second"));

        await Task.WhenAll(stage.LeechAsync(RealClient.Libtorrent, torrent.Path, first, s_limit), stage.LeechAsync(RealClient.Aria2, torrent.Path, second, s_limit));

        AssertSame(stage, torrent, first);
        AssertSame(stage, torrent, second);
    }

    [SkippableFact]
    public async Task A_seed_may_appear_late()
    {
        Requirements.Demand(RealClient.Libtorrent);
        using var stage = new Stage(network);
        TestTorrent torrent = await PrepareAsync(stage, Shape.SingleFile);
        string folder = stage.NewFolder("download");
        RunningProcess download = TorrentPsTool.Download(stage, torrent, folder);
        await stage.TrackerKnowsAsync(torrent, "leeches", 1, s_limit);

        await stage.SeedAsync(RealClient.Libtorrent, torrent);

        await download.SucceedAsync(s_limit);
        AssertSame(stage, torrent, folder);
    }

    [SkippableFact]
    public async Task Another_seed_takes_over_from_one_killed_in_the_middle()
    {
        Requirements.Demand(RealClient.Libtorrent);
        using var stage = new Stage(network);
        TestTorrent torrent = await PrepareAsync(stage, Shape.SingleFile);
        RunningProcess first = await stage.SeedAsync(RealClient.Libtorrent, torrent, 0);
        await stage.TrackerKnowsAsync(torrent, "seeds", 1, s_limit);
        string folder = stage.NewFolder("download");
        RunningProcess download = TorrentPsTool.Download(stage, torrent, folder, s_slowly);
        await download.ReachesAsync(20, s_limit);

        first.Kill();
        Assert.False(download.HasExited, "the download was over before its seed was killed");
        await stage.SeedAsync(RealClient.Libtorrent, torrent, 1);

        await download.SucceedAsync(s_limit);
        AssertSame(stage, torrent, folder);
    }

    [SkippableFact]
    public async Task A_download_killed_in_the_middle_goes_on_where_it_was()
    {
        Requirements.Demand(RealClient.Libtorrent);
        using var stage = new Stage(network);
        TestTorrent torrent = await PrepareAsync(stage, Shape.SingleFile);
        await stage.SeedAsync(RealClient.Libtorrent, torrent);
        await stage.TrackerKnowsAsync(torrent, "seeds", 1, s_limit);
        string folder = stage.NewFolder("download");
        RunningProcess killed = TorrentPsTool.Download(stage, torrent, folder, s_slowly);
        await killed.ReachesAsync(40, s_limit);
        killed.Kill();
        Assert.NotNull(torrent.Content.DifferenceTo(folder));

        RunningProcess resumed = TorrentPsTool.Download(stage, torrent, folder);

        await resumed.SucceedAsync(s_limit);
        AssertSame(stage, torrent, folder);
        long fetched = resumed.ResultNumber("Downloaded");
        long size = resumed.ResultNumber("Size");
        Assert.True(fetched < size * 0.75, $"fetched {fetched} of {size} bytes again although 40 % were there");
    }

    [SkippableFact]
    public async Task A_peer_that_talks_garbage_harms_nothing()
    {
        Requirements.Demand(RealClient.Libtorrent);
        using var stage = new Stage(network);
        TestTorrent torrent = await PrepareAsync(stage, Shape.SingleFile);
        RunningProcess hostile = await HostileAsync(stage, torrent, "garbage");
        await stage.SeedAsync(RealClient.Libtorrent, torrent);
        await stage.TrackerKnowsAsync(torrent, "seeds", 1, s_limit);
        string folder = stage.NewFolder("download");
        RunningProcess download = TorrentPsTool.Download(stage, torrent, folder, [.. s_slowly, "--peer", HostileAddress]);

        await hostile.WaitForLineAsync("the end of the connection", line => line.StartsWith("closed 1", StringComparison.Ordinal), s_limit);
        await download.SucceedAsync(s_limit);

        AssertSame(stage, torrent, folder);
    }

    [SkippableFact]
    public async Task A_peer_that_sends_bad_pieces_is_banned_and_the_good_seed_completes_the_download()
    {
        Requirements.Demand(RealClient.Libtorrent);
        using var stage = new Stage(network);
        TestTorrent torrent = await PrepareAsync(stage, Shape.SingleFile, pieceLength: 64 << 10);
        RunningProcess hostile = await HostileAsync(stage, torrent, "bad-pieces");
        await stage.SeedAsync(RealClient.Libtorrent, torrent);
        await stage.TrackerKnowsAsync(torrent, "seeds", 1, s_limit);
        string folder = stage.NewFolder("download");
        RunningProcess download = TorrentPsTool.Download(stage, torrent, folder, [.. s_slowly, "--peer", HostileAddress]);

        await hostile.WaitForLineAsync("a bad block", line => line.StartsWith("served", StringComparison.Ordinal), s_limit);
        await hostile.WaitForLineAsync("the ban", line => line.StartsWith("closed", StringComparison.Ordinal), s_limit);
        Assert.False(download.HasExited, "the connection was closed by the end of the download, not by a ban");
        await download.SucceedAsync(s_limit);

        AssertSame(stage, torrent, folder);
        Assert.True(download.ResultNumber("HashFailed") > 0, "no bad piece was noticed");
        long[] blocks = [.. hostile.Lines.Where(line => line.StartsWith("closed", StringComparison.Ordinal)).Select(line => long.Parse(line.Split(' ')[2], null))];
        Assert.True(blocks.Sum() < 200, $"the bad peer was asked for {blocks.Sum()} of 786 blocks over {blocks.Length} connections: not banned");
    }

    [SkippableTheory]
    [InlineData(Direction.WeDownload)]
    [InlineData(Direction.WeSeed)]
    public async Task A_hybrid_torrent_moves_in_its_first_version(Direction direction)
    {
        Requirements.Demand(RealClient.Libtorrent);
        using var stage = new Stage(network);
        TestTorrent torrent = await PrepareAsync(stage, Shape.ManyFiles, version: "hybrid");
        string folder = stage.NewFolder("download");
        if (direction == Direction.WeDownload)
        {
            await stage.SeedAsync(RealClient.Libtorrent, torrent);
            await stage.TrackerKnowsAsync(torrent, "seeds", 1, s_limit);
            await TorrentPsTool.Download(stage, torrent, folder).SucceedAsync(s_limit);
        }
        else
        {
            TorrentPsTool.Seed(stage, torrent, torrent.Content.Folder);
            await stage.TrackerKnowsAsync(torrent, "seeds", 1, s_limit);
            await stage.LeechAsync(RealClient.Libtorrent, torrent.Path, folder, s_limit);
        }

        AssertSame(stage, torrent, folder);
    }

    private static string HostileAddress => $"{Network.PeerAddress(9)}:7009";

    private static async Task<TestTorrent> PrepareAsync(Stage stage, Shape shape, string version = "1", int? pieceLength = null)
    {
        TestTorrent torrent = await TestTorrent.CreateAsync(stage, TestContent.Of(shape), TrackerKind.Http, version, pieceLength);
        stage.StartTracker(torrent);
        return torrent;
    }

    private static async Task<RunningProcess> HostileAsync(Stage stage, TestTorrent torrent, string mode)
    {
        RunningProcess hostile = stage.StartThere("hostile peer", "/usr/bin/python3", Stage.Script("hostile_peer.py"), mode, Network.PeerAddress(9), "7009", $"{torrent.PieceCount}");
        await hostile.WaitForLineAsync("the hostile peer", line => line == "listening", s_limit);
        return hostile;
    }

    private static void AssertSame(Stage stage, TestTorrent torrent, string folder)
    {
        if (torrent.Content.DifferenceTo(folder) is { } difference)
            throw stage.Failure(difference);
    }
}
