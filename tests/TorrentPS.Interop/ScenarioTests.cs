namespace TorrentPS.Interop;

/// <summary>Swarms with several peers, failures and hostile peers.</summary>
public sealed class ScenarioTests(Network network) : IClassFixture<Network>
{
    /// <summary>A download limit with which the single file takes three seconds. Tests act meanwhile.</summary>
    private static readonly string[] s_slow = ["--download-limit", "4194304"];

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task A_download_completes_from_several_seeds()
    {
        Requirements.Require(RealClient.Libtorrent, RealClient.Transmission, RealClient.Aria2);
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await PrepareAsync(environment, Shape.SingleFile);
        await environment.SeedAsync(RealClient.Libtorrent, torrent, 0);
        await environment.SeedAsync(RealClient.Transmission, torrent, 1);
        await environment.SeedAsync(RealClient.Aria2, torrent, 2);
        await environment.WaitForTrackerAsync(torrent, "seeds", 3, s_limit);
        string folder = environment.NewFolder("download");

        await TorrentPsTool.Download(environment, torrent, folder).SucceedAsync(s_limit);

        AssertSame(environment, torrent, folder);
    }

    [SkippableFact]
    public async Task A_seed_uploads_to_several_clients_at_the_same_time()
    {
        Requirements.Require(RealClient.Libtorrent, RealClient.Aria2);
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await PrepareAsync(environment, Shape.ManyFiles);
        TorrentPsTool.Seed(environment, torrent, torrent.Content.Folder);
        await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);
        (string first, string second) = (environment.NewFolder("first"), environment.NewFolder("second"));

        await Task.WhenAll(
            environment.LeechAsync(RealClient.Libtorrent, torrent.Path, first, s_limit),
            environment.LeechAsync(RealClient.Aria2, torrent.Path, second, s_limit));

        AssertSame(environment, torrent, first);
        AssertSame(environment, torrent, second);
    }

    [SkippableFact]
    public async Task A_download_completes_when_its_seed_starts_later()
    {
        Requirements.Require(RealClient.Libtorrent);
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await PrepareAsync(environment, Shape.SingleFile);
        string folder = environment.NewFolder("download");
        RunningProcess download = TorrentPsTool.Download(environment, torrent, folder);
        await environment.WaitForTrackerAsync(torrent, "leeches", 1, s_limit);

        await environment.SeedAsync(RealClient.Libtorrent, torrent);

        await download.SucceedAsync(s_limit);
        AssertSame(environment, torrent, folder);
    }

    [SkippableFact]
    public async Task A_download_continues_with_another_seed_when_its_seed_is_killed()
    {
        Requirements.Require(RealClient.Libtorrent);
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await PrepareAsync(environment, Shape.SingleFile);
        RunningProcess first = await environment.SeedAsync(RealClient.Libtorrent, torrent, 0);
        await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);
        string folder = environment.NewFolder("download");
        RunningProcess download = TorrentPsTool.Download(environment, torrent, folder, s_slow);
        await download.WaitForProgressAsync(20, s_limit);

        first.Kill();
        Assert.False(download.HasExited, "the download ended before its seed was killed");
        await environment.SeedAsync(RealClient.Libtorrent, torrent, 1);

        await download.SucceedAsync(s_limit);
        AssertSame(environment, torrent, folder);
    }

    [SkippableFact]
    public async Task A_killed_download_keeps_its_verified_pieces()
    {
        Requirements.Require(RealClient.Libtorrent);
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await PrepareAsync(environment, Shape.SingleFile);
        await environment.SeedAsync(RealClient.Libtorrent, torrent);
        await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);
        string folder = environment.NewFolder("download");
        RunningProcess killed = TorrentPsTool.Download(environment, torrent, folder, s_slow);
        await killed.WaitForProgressAsync(40, s_limit);
        killed.Kill();
        Assert.NotNull(torrent.Content.DifferenceTo(folder));

        RunningProcess resumed = TorrentPsTool.Download(environment, torrent, folder);

        await resumed.SucceedAsync(s_limit);
        AssertSame(environment, torrent, folder);
        long fetched = resumed.ResultNumber("Downloaded");
        long size = resumed.ResultNumber("Size");
        Assert.True(fetched < size * 0.75, $"downloaded {fetched} of {size} bytes although 40 % were on disk");
    }

    [SkippableFact]
    public async Task A_peer_that_sends_garbage_is_disconnected_and_the_download_completes()
    {
        Requirements.Require(RealClient.Libtorrent);
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await PrepareAsync(environment, Shape.SingleFile);
        RunningProcess hostile = await StartHostilePeerAsync(environment, torrent, "garbage");
        await environment.SeedAsync(RealClient.Libtorrent, torrent);
        await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);
        string folder = environment.NewFolder("download");
        RunningProcess download = TorrentPsTool.Download(
            environment, torrent, folder, [.. s_slow, "--peer", HostileAddress]);

        await hostile.WaitForLineAsync(
            "the end of the connection", line => line.StartsWith("closed 1", StringComparison.Ordinal), s_limit);
        await download.SucceedAsync(s_limit);

        AssertSame(environment, torrent, folder);
    }

    [SkippableFact]
    public async Task A_peer_that_sends_bad_pieces_is_banned_and_the_good_seed_completes_the_download()
    {
        Requirements.Require(RealClient.Libtorrent);
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await PrepareAsync(environment, Shape.SingleFile, pieceLength: 64 << 10);
        RunningProcess hostile = await StartHostilePeerAsync(environment, torrent, "bad-pieces");
        await environment.SeedAsync(RealClient.Libtorrent, torrent);
        await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);
        string folder = environment.NewFolder("download");
        RunningProcess download = TorrentPsTool.Download(
            environment, torrent, folder, [.. s_slow, "--peer", HostileAddress]);

        await hostile.WaitForLineAsync(
            "a bad block", line => line.StartsWith("served", StringComparison.Ordinal), s_limit);
        await hostile.WaitForLineAsync("the ban", line => line.StartsWith("closed", StringComparison.Ordinal), s_limit);
        Assert.False(download.HasExited, "the connection was closed by the end of the download, not by a ban");
        await download.SucceedAsync(s_limit);

        AssertSame(environment, torrent, folder);
        Assert.True(download.ResultNumber("HashFailed") > 0, "no piece failed its hash check");
        long[] blocks =
        [
            .. hostile.Lines
                .Where(line => line.StartsWith("closed", StringComparison.Ordinal))
                .Select(line => long.Parse(line.Split(' ')[2], null)),
        ];
        Assert.True(
            blocks.Sum() < 200,
            $"the bad peer was not banned: it sent {blocks.Sum()} of 786 blocks over {blocks.Length} connections");
    }

    [SkippableTheory]
    [InlineData(Direction.Download)]
    [InlineData(Direction.Seed)]
    public async Task A_hybrid_torrent_is_transferred_with_its_v1_hashes(Direction direction)
    {
        Requirements.Require(RealClient.Libtorrent);
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await PrepareAsync(environment, Shape.ManyFiles, version: "hybrid");
        string folder = environment.NewFolder("download");
        if (direction == Direction.Download)
        {
            await environment.SeedAsync(RealClient.Libtorrent, torrent);
            await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);
            await TorrentPsTool.Download(environment, torrent, folder).SucceedAsync(s_limit);
        }
        else
        {
            TorrentPsTool.Seed(environment, torrent, torrent.Content.Folder);
            await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);
            await environment.LeechAsync(RealClient.Libtorrent, torrent.Path, folder, s_limit);
        }

        AssertSame(environment, torrent, folder);
    }

    private static string HostileAddress => $"{Network.RemoteAddress(9)}:7009";

    private static async Task<TestTorrent> PrepareAsync(
        TestEnvironment environment, Shape shape, string version = "1", int? pieceLength = null)
    {
        TestTorrent torrent = await TestTorrent.CreateAsync(
            environment, TestContent.Of(shape), TrackerKind.Http, version, pieceLength);
        environment.StartTracker(torrent);
        return torrent;
    }

    private static async Task<RunningProcess> StartHostilePeerAsync(
        TestEnvironment environment, TestTorrent torrent, string mode)
    {
        RunningProcess hostile = environment.StartRemote(
            "hostile peer",
            "/usr/bin/python3",
            TestEnvironment.Script("hostile_peer.py"),
            mode,
            Network.RemoteAddress(9),
            "7009",
            $"{torrent.PieceCount}");
        await hostile.WaitForLineAsync("the hostile peer", line => line == "listening", s_limit);
        return hostile;
    }

    private static void AssertSame(TestEnvironment environment, TestTorrent torrent, string folder)
    {
        if (torrent.Content.DifferenceTo(folder) is { } difference)
            throw environment.Failure(difference);
    }
}
