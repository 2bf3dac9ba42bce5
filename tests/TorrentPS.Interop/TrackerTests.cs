namespace TorrentPS.Interop;

/// <summary>
/// What opentracker knows of a seed that is stopped and started again. The tracker names another peer in its answers.
/// </summary>
public sealed class TrackerTests(Network network) : IClassFixture<Network>
{
    /// <summary>Time within which the tracker must have heard <c>started</c> or <c>stopped</c>.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Time within which a second start must be announced, including the start of the process. A client that waits for
    /// data from the peers of an earlier answer first, announces after ten seconds at the earliest.
    /// </summary>
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(8);

    [SkippableTheory]
    [InlineData("TERM")]
    [InlineData("HUP")]
    [InlineData("INT")]
    public async Task A_seed_announces_stopped_on_a_signal_and_started_at_its_next_start(string signal)
    {
        Requirements.Require();
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await PrepareAsync(environment);
        RunningProcess first = TorrentPsTool.Seed(environment, torrent, torrent.Content.Folder);
        await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);

        Assert.Equal(0, await first.StopAsync(signal, s_limit));
        await environment.WaitForTrackerAsync(torrent, "seeds", 0, s_limit);

        TorrentPsTool.Seed(environment, torrent, torrent.Content.Folder);
        await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_startLimit);
    }

    [SkippableFact]
    public async Task A_seed_announces_stopped_when_its_terminal_is_closed()
    {
        Requirements.Require();
        using var environment = new TestEnvironment(network);
        TestTorrent torrent = await PrepareAsync(environment);
        RunningProcess terminal = environment.StartLocal(
            "torrentps seed in a terminal",
            "/usr/bin/python3",
            [
                TestEnvironment.Script("closed_terminal.py"),
                TorrentPsTool.Executable,
                "seed",
                torrent.Path,
                "--data",
                torrent.Content.Folder,
                "--bind",
                Network.LocalAddress,
                .. TorrentPsTool.Only(PeerSourceKind.Tracker),
            ]);
        await environment.WaitForTrackerAsync(torrent, "seeds", 1, s_limit);

        Assert.Equal(0, await terminal.StopAsync("USR1", s_limit));
        await environment.WaitForTrackerAsync(torrent, "seeds", 0, s_limit);
    }

    /// <summary>Starts the tracker, and announces a peer to it that does not exist.</summary>
    private static async Task<TestTorrent> PrepareAsync(TestEnvironment environment)
    {
        TestTorrent torrent = await TestTorrent.CreateAsync(
            environment, TestContent.Of(Shape.SingleFile), TrackerKind.Http);
        environment.StartTracker(torrent);
        await environment.WaitForTrackerAsync(torrent, "seeds", 0, s_limit);
        string hash = string.Concat(torrent.InfoHash.Chunk(2).Select(digits => $"%{digits[0]}{digits[1]}"));
        RunningProcess announce = environment.StartRemote(
            "announce of a peer",
            "/usr/bin/python3",
            "-c",
            "import sys, urllib.request; urllib.request.urlopen(sys.argv[1]).read()",
            $"{TestEnvironment.AnnounceUrl(TrackerKind.Http)}?info_hash={hash}&peer_id=-XX0000-000000000001&port=7999"
            + "&uploaded=0&downloaded=0&left=1&event=started");
        await announce.SucceedAsync(s_limit);
        await environment.WaitForTrackerAsync(torrent, "leeches", 1, s_limit);
        return torrent;
    }
}
