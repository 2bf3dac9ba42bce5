using System.Net;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Transfers between two sessions over loopback, with real sockets and files.</summary>
public sealed class TransferTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_download_gets_every_file_from_a_seed()
    {
        using var content = new TestTorrent(
            32 * 1024, [], ("a.bin", 300_001), ("sub/empty", 0), ("sub/b.bin", 70_000), ("c", 1));
        await using TorrentSession seeds = Open(content);
        await using TorrentSession leeches = Open(content);
        Seed(seeds, content);

        Torrent download = leeches.Add(content.Metainfo, Download(content, seeds));
        TorrentResult result = await download.Completion.WaitAsync(s_limit);

        Assert.True(result.GoalReached);
        Assert.Equal(TorrentState.Stopped, result.Status.State);
        Assert.Equal(100, result.Status.Progress);
        Assert.Equal(content.Metainfo.Size, result.Status.Downloaded - result.Status.Wasted);
        content.AssertDownloaded();
    }

    [Fact]
    public async Task A_download_whose_content_is_on_disk_ends_without_a_peer()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 100_000));
        await using TorrentSession session = Open(content);

        Torrent download = session.Add(content.Metainfo, new TorrentSettings { Destination = content.Source });
        TorrentResult result = await download.Completion.WaitAsync(s_limit);

        Assert.True(result.GoalReached);
        Assert.Equal(0, result.Status.Downloaded);
    }

    [Fact]
    public async Task A_destination_that_cannot_be_written_pauses_the_torrent_until_it_is_resumed()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 100_000));
        await using TorrentSession seeds = Open(content);
        await using TorrentSession leeches = Open(content);
        Seed(seeds, content);
        File.WriteAllText(content.Destination, "in the way");

        Torrent download = leeches.Add(content.Metainfo, Download(content, seeds));
        TorrentStatus paused = await download.ReachAsync(TorrentState.Paused);
        Assert.Equal(TorrentFaultId.BadPath, paused.Fault?.Id);
        Assert.Equal(0, paused.Downloaded);
        File.Delete(content.Destination);
        download.Resume();
        TorrentResult result = await download.Completion.WaitAsync(s_limit);

        Assert.True(result.GoalReached);
        content.AssertDownloaded();
    }

    [Fact]
    public async Task A_seed_of_wrong_data_fails_with_DataMismatch()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 100_000));
        string file = Path.Combine(content.Source, "content", "a");
        byte[] bytes = await File.ReadAllBytesAsync(file);
        bytes[50_000] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        await using TorrentSession session = Open(content);

        Torrent seed = session.Add(
            content.Metainfo, new TorrentSettings { Destination = content.Source, Role = TorrentRole.Seed });
        TorrentResult result = await seed.Completion.WaitAsync(s_limit);

        Assert.False(result.GoalReached);
        Assert.Equal(TorrentState.Failed, result.Status.State);
        Assert.Equal(TorrentFaultId.DataMismatch, result.Status.Fault?.Id);
    }

    [Fact]
    public async Task Only_wanted_files_are_downloaded()
    {
        using var content = new TestTorrent(
            16 * 1024, [], ("want.txt", 65_536), ("skip.bin", 163_840), ("also.txt", 16_384));
        await using TorrentSession seeds = Open(content);
        await using TorrentSession leeches = Open(content);
        Seed(seeds, content);

        Torrent download = leeches.Add(content.Metainfo, Download(content, seeds) with { Include = ["*.txt"] });
        TorrentResult result = await download.Completion.WaitAsync(s_limit);

        Assert.True(result.GoalReached);
        Assert.Equal(65_536 + 16_384, result.Status.WantedSize);
        Assert.True(File.Exists(Path.Combine(content.Destination, "content", "want.txt")));
        Assert.False(File.Exists(Path.Combine(content.Destination, "content", "skip.bin")));
    }

    [Fact]
    public async Task A_skipped_file_is_not_created_and_can_be_downloaded_later()
    {
        using var content = new TestTorrent(
            16 * 1024, [], ("first", 70_001), ("left out/middle", 150_003), ("last", 40_007));
        await using TorrentSession seeds = Open(content);
        await using TorrentSession leeches = Open(content);
        Seed(seeds, content);
        TorrentSettings some = Download(content, seeds) with { Exclude = ["left out/*"] };

        TorrentResult first = await RunAsync(leeches, content, some);
        Assert.True(first.GoalReached);
        AssertOnlyWanted();

        TorrentResult again = await RunAsync(leeches, content, some with { Peers = [] });
        Assert.True(again.GoalReached);
        Assert.Equal(0, again.Status.Downloaded);
        AssertOnlyWanted();

        TorrentResult all = await RunAsync(leeches, content, Download(content, seeds));
        Assert.True(all.GoalReached);
        content.AssertDownloaded();
        Assert.Empty(Directory.GetFiles(content.State));

        void AssertOnlyWanted()
        {
            string folder = Path.Combine(content.Destination, "content");
            Assert.Equal(["first", "last"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order());
            foreach (string name in new[] { "first", "last" })
                Assert.Equal(
                    File.ReadAllBytes(Path.Combine(content.Source, "content", name)),
                    File.ReadAllBytes(Path.Combine(folder, name)));
        }
    }

    [Fact]
    public async Task A_paused_download_continues_after_Resume()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 2_000_000));
        await using TorrentSession seeds = Open(content);
        await using TorrentSession leeches = Open(content);
        await Seed(seeds, content).ApplyAsync(settings => settings with { UploadLimit = 1_000_000 });
        Torrent download = leeches.Add(content.Metainfo, Download(content, seeds));
        await download.ReachAsync(TorrentState.Downloading);

        download.Pause();
        TorrentStatus paused = await download.ReachAsync(TorrentState.Paused);
        Assert.Null(paused.Fault);
        download.Resume();
        TorrentResult result = await download.Completion.WaitAsync(s_limit);

        Assert.True(result.GoalReached);
        content.AssertDownloaded();
    }

    [Fact]
    public async Task Closing_a_session_returns_all_blocks_and_closes_all_connections()
    {
        using var content = new TestTorrent(256 * 1024, [], ("a", 4_000_000));
        await using TorrentSession seeds = Open(content);
        TorrentSession leeches = Open(content);
        await Seed(seeds, content).ApplyAsync(settings => settings with { UploadLimit = 200_000 });
        Torrent download = leeches.Add(content.Metainfo, Download(content, seeds));
        await download.ReachAsync(TorrentState.Downloading);

        await leeches.DisposeAsync().AsTask().WaitAsync(s_limit);

        Assert.True(download.Completion.IsCompleted);
        Assert.False((await download.Completion).GoalReached);
        Assert.Equal(0, leeches.BlocksOutstanding);
        Assert.Empty(await download.GetPeersAsync());
    }

    private static TorrentSession Open(TestTorrent content) => new(content.LocalSession);

    private static Torrent Seed(TorrentSession session, TestTorrent content) => session.Add(content.Metainfo, content.SeedSettings);

    private static async Task<TorrentResult> RunAsync(
        TorrentSession session, TestTorrent content, TorrentSettings settings)
    {
        Torrent torrent = session.Add(content.Metainfo, settings);
        return await torrent.Completion.WaitAsync(s_limit);
    }

    private static TorrentSettings Download(TestTorrent content, TorrentSession from) => new()
    {
        Destination = content.Destination,
        Peers = [new IPEndPoint(IPAddress.Loopback, from.ListenPort!.Value)],
    };
}
