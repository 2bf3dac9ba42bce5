using System.Net;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Downloads into a folder that has files with the names of the torrent's files.</summary>
public sealed class ExistingFileTests : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly TestTorrent _content = new(16 * 1024, [], ("a", 100_000), ("b", 50_000), ("empty", 0));
    private readonly TorrentSession _seeds;
    private readonly TorrentSession _leeches;

    public ExistingFileTests()
    {
        _seeds = new TorrentSession(_content.LocalSession);
        _leeches = new TorrentSession(_content.LocalSession);
    }

    public async ValueTask DisposeAsync()
    {
        await _leeches.DisposeAsync();
        await _seeds.DisposeAsync();
        _content.Dispose();
    }

    [Theory]
    [InlineData("a")]
    [InlineData("empty")]
    public async Task A_file_without_a_piece_of_the_torrent_is_not_overwritten(string name)
    {
        Put(name, "mine");

        Torrent download = await StartAsync();
        TorrentStatus paused = await download.ReachAsync(TorrentState.Paused);

        Assert.Equal((TorrentFaultId.FileExists, PathOf(name)), (paused.Fault!.Id, paused.Fault.Target));
        Assert.Equal("mine", File.ReadAllText(PathOf(name)));
        Assert.Equal([PathOf(name)], Directory.GetFiles(_content.Destination, "*", SearchOption.AllDirectories));

        File.Delete(PathOf(name));
        download.Resume();
        await AssertCompletedAsync(download);
    }

    [Fact]
    public async Task With_OverwriteFiles_it_is_overwritten_and_no_old_tail_remains()
    {
        Put("a", new string('x', 300_000));
        Put("empty", "mine");

        await AssertCompletedAsync(await StartAsync(settings => settings with { OverwriteFiles = true }));
    }

    [Fact]
    public async Task The_permission_to_overwrite_holds_for_later_runs_of_the_unfinished_download()
    {
        Put("a", "mine");
        Torrent first = _leeches.Add(
            _content.Metainfo, new TorrentSettings { Destination = _content.Destination, OverwriteFiles = true });
        await first.ReachAsync(TorrentState.Downloading);
        await first.StopAsync();

        await AssertCompletedAsync(await StartAsync());
        Assert.Empty(Directory.GetFiles(_content.State));
    }

    [Fact]
    public async Task A_file_with_one_piece_of_the_torrent_is_completed()
    {
        Put("a", File.ReadAllBytes(SourceOf("a"))[..16_384]);

        await AssertCompletedAsync(await StartAsync());
    }

    [Fact]
    public async Task A_complete_file_with_an_old_tail_is_cut()
    {
        Put("a", [.. File.ReadAllBytes(SourceOf("a")), 1, 2, 3]);
        Put("b", File.ReadAllBytes(SourceOf("b")));

        await AssertCompletedAsync(await StartAsync());
    }

    [SkippableFact]
    public async Task A_link_in_place_of_a_file_is_neither_read_nor_written()
    {
        Skip.If(OperatingSystem.IsWindows(), "Making links needs rights on Windows.");
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf("a"))!);
        File.CreateSymbolicLink(PathOf("a"), SourceOf("a"));

        Torrent download = await StartAsync();
        TorrentStatus paused = await download.ReachAsync(TorrentState.Paused);

        Assert.Equal((TorrentFaultId.BadPath, PathOf("a")), (paused.Fault!.Id, paused.Fault.Target));
        Assert.Equal(0, paused.Completed);
    }

    [Fact]
    public async Task A_skipped_file_is_not_changed_and_cannot_be_chosen_later()
    {
        Put("b", new string('x', 60_000));

        Torrent download = await StartAsync(
            settings => settings with { Exclude = ["b"], StopWhen = StopWhen.Never });
        await download.ReachAsync(TorrentState.Finished);
        StorageException refused = await Assert.ThrowsAsync<StorageException>(
            () => download.ApplyAsync(settings => settings with { Exclude = [] }));

        Assert.Equal((StorageFaultKind.FileExists, PathOf("b")), (refused.Fault.Kind, refused.Fault.Path));
        Assert.Equal(["b"], download.Settings.Exclude);
        Assert.Equal(new string('x', 60_000), File.ReadAllText(PathOf("b")));
        Assert.Equal(File.ReadAllBytes(SourceOf("a")), File.ReadAllBytes(PathOf("a")));

        File.Delete(PathOf("b"));
        await download.ApplyAsync(settings => settings with { Exclude = [] });
        await download.ReachAsync(TorrentState.Seeding);
        _content.AssertDownloaded();
    }

    private string PathOf(string name) => Path.Combine(_content.Destination, "content", name);

    private string SourceOf(string name) => Path.Combine(_content.Source, "content", name);

    private void Put(string name, string text) => Put(name, System.Text.Encoding.ASCII.GetBytes(text));

    private void Put(string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllBytes(PathOf(name), bytes);
    }

    private async Task<Torrent> StartAsync(Func<TorrentSettings, TorrentSettings>? change = null)
    {
        await _content.SeedAsync(_seeds);
        var settings = new TorrentSettings
        {
            Destination = _content.Destination,
            Peers = [new IPEndPoint(IPAddress.Loopback, _seeds.ListenPort!.Value)],
        };
        return _leeches.Add(_content.Metainfo, change?.Invoke(settings) ?? settings);
    }

    private async Task AssertCompletedAsync(Torrent download)
    {
        TorrentResult result = await download.Completion.WaitAsync(s_limit);
        Assert.Null(result.Status.Fault);
        Assert.True(result.GoalReached);
        _content.AssertDownloaded();
    }
}
