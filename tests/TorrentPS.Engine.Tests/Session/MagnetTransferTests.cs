using System.Net;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Downloads of magnet links, over real sockets.</summary>
public sealed class MagnetTransferTests : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly TestTorrent _content = new(
        64 * 1024, [], ("a.bin", 300_000), ("b.txt", 5_000), ("c.bin", 200_000));
    private readonly TorrentSession _seeds;
    private readonly TorrentSession _leeches;

    public MagnetTransferTests()
    {
        _seeds = new TorrentSession(Loopback("seeds"));
        _leeches = new TorrentSession(Loopback("leeches"));
    }

    private IPEndPoint SeedAt => new(IPAddress.Loopback, _seeds.ListenPort!.Value);

    private string StoredPath =>
        Path.Combine(_content.State, "leeches", "metadata", $"{_content.Metainfo.WireHash}.torrent");

    public async ValueTask DisposeAsync()
    {
        await _leeches.DisposeAsync();
        await _seeds.DisposeAsync();
        Assert.Equal(0, _leeches.BlocksOutstanding);
        _content.Dispose();
    }

    [Fact]
    public async Task The_metadata_and_content_of_a_link_are_downloaded_from_its_peer()
    {
        Torrent seed = await SeedAsync();
        var states = new List<TorrentState>();
        Torrent download = _leeches.Add(LinkToSeed(), Settings());
        download.StateChanged += (_, status) => states.Add(status.State);
        Assert.Equal("content", download.Status.Name);
        TorrentResult result = await download.Completion.WaitAsync(s_limit);
        Assert.True(result.GoalReached);
        _content.AssertDownloaded();
        Assert.Equal(_content.Metainfo.InfoBytes.ToArray(), download.Metainfo!.InfoBytes.ToArray());
        Assert.Same(download.Metainfo, await download.MetadataReceived);
        Assert.DoesNotContain(TorrentState.Failed, states);
        Assert.True(File.Exists(StoredPath));
        Assert.False(seed.Completion.IsCompleted);
    }

    [Fact]
    public async Task The_metadata_is_read_from_the_state_folder_at_the_next_start()
    {
        await SeedAsync();
        await _leeches.GetMetadataAsync(LinkToSeed(), [], null, default).WaitAsync(s_limit);
        await _seeds.DisposeAsync();
        Torrent download = _leeches.Add(_content.Metainfo.ToMagnet(), Settings());
        Assert.Equal(_content.Metainfo.Size, download.Metainfo!.Size);
    }

    [Fact]
    public async Task Stored_metadata_with_a_wrong_hash_is_downloaded_again()
    {
        await SeedAsync();
        await _leeches.GetMetadataAsync(LinkToSeed(), [], null, default).WaitAsync(s_limit);
        byte[] stored = File.ReadAllBytes(StoredPath);
        stored[^40] ^= 1;
        File.WriteAllBytes(StoredPath, stored);
        Torrent download = _leeches.Add(LinkToSeed(), Settings());
        Assert.Null(download.Metainfo);
        Assert.True((await download.Completion.WaitAsync(s_limit)).GoalReached);
    }

    [Fact]
    public async Task GetMetadataAsync_adds_no_torrent_and_writes_no_content()
    {
        await SeedAsync();
        var progress = new Reports();
        TorrentMetainfo metainfo = await _leeches.GetMetadataAsync(
            _content.Metainfo.ToMagnet(), [SeedAt], progress, default).WaitAsync(s_limit);
        Assert.Equal(_content.Metainfo.Files.Select(file => file.Path), metainfo.Files.Select(file => file.Path));
        Assert.Empty(_leeches.Torrents);
        Assert.False(Directory.Exists(_content.Destination));
    }

    [Fact]
    public async Task GetMetadataAsync_can_be_cancelled()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _leeches.GetMetadataAsync(_content.Metainfo.ToMagnet(), [], null, patience.Token).WaitAsync(s_limit));
    }

    [Fact]
    public async Task Closing_the_session_ends_GetMetadataAsync()
    {
        Task<TorrentMetainfo> search = _leeches.GetMetadataAsync(_content.Metainfo.ToMagnet(), [], null, default);
        Torrent torrent = _leeches.Add(new MagnetLink { InfoHash = new(new byte[20]) }, Settings());
        await _leeches.DisposeAsync();
        Assert.Equal(
            SessionErrorId.TorrentEnded,
            (await Assert.ThrowsAsync<SessionException>(() => search.WaitAsync(s_limit))).Id);
        TorrentResult result = await torrent.Completion.WaitAsync(s_limit);
        Assert.Equal((TorrentState.Stopped, false), (result.Status.State, result.GoalReached));
        Assert.Null(await torrent.MetadataReceived);
    }

    [Fact]
    public async Task The_file_selection_of_the_link_applies_unless_the_settings_select_files()
    {
        await SeedAsync();
        MagnetLink link = LinkToSeed() with { SelectedFiles = [new FileRange(1, 1)] };
        Torrent download = _leeches.Add(link, Settings());
        TorrentResult result = await download.Completion.WaitAsync(s_limit);
        Assert.Equal(TorrentState.Stopped, result.Status.State);
        Assert.True(File.Exists(Path.Combine(_content.Destination, "content", "b.txt")));
        Assert.False(File.Exists(Path.Combine(_content.Destination, "content", "c.bin")));

        download = _leeches.Add(link, Settings() with { Include = ["c.bin"] });
        await download.Completion.WaitAsync(s_limit);
        Assert.True(File.Exists(Path.Combine(_content.Destination, "content", "c.bin")));
    }

    [Fact]
    public async Task The_metadata_can_come_from_an_incoming_connection()
    {
        Torrent download = _leeches.Add(_content.Metainfo.ToMagnet(), Settings());
        Torrent seed = await SeedAsync();
        seed.AddPeers([new IPEndPoint(IPAddress.Loopback, _leeches.ListenPort!.Value)]);
        TorrentResult result = await download.Completion.WaitAsync(s_limit);
        Assert.True(result.GoalReached);
        _content.AssertDownloaded();
    }

    [Fact]
    public async Task A_torrent_can_be_paused_resumed_changed_and_stopped_before_its_metadata_is_known()
    {
        Torrent download = _leeches.Add(_content.Metainfo.ToMagnet(), Settings());
        Assert.Equal(TorrentState.DownloadingMetadata, download.Status.State);
        await ReachAsync(download, TorrentState.Paused, download.Pause);
        await ReachAsync(download, TorrentState.DownloadingMetadata, download.Resume);
        var priorities = new Dictionary<int, DownloadPriority> { [0] = DownloadPriority.Skip };
        await Assert.ThrowsAsync<SessionException>(
            () => download.ApplyAsync(settings => settings with { FilePriorities = priorities }));
        await download.ApplyAsync(settings => settings with { Include = ["b.txt"] });
        Assert.Empty(await download.GetPeersAsync());
        await SeedAsync();
        download.AddPeers([SeedAt]);
        TorrentResult result = await download.Completion.WaitAsync(s_limit);
        Assert.True(result.GoalReached);
        Assert.False(File.Exists(Path.Combine(_content.Destination, "content", "c.bin")));

        Torrent other = _leeches.Add(new MagnetLink { InfoHash = new(new byte[20]) }, Settings());
        await other.StopAsync().WaitAsync(s_limit);
        Assert.Equal(TorrentState.Stopped, other.Status.State);
    }

    [Fact]
    public async Task Settings_are_completed_when_the_metadata_is_known()
    {
        await SeedAsync();
        Torrent download = _leeches.Add(LinkToSeed(), Settings(), (metainfo, settings) => settings with
        {
            FilePriorities = metainfo.Files
                .Where(file => file.Path.EndsWith(".bin", StringComparison.Ordinal))
                .ToDictionary(file => file.Index, _ => DownloadPriority.Skip),
        });
        await download.Completion.WaitAsync(s_limit);
        Assert.Equal(
            ["b.txt"], Directory.GetFiles(Path.Combine(_content.Destination, "content")).Select(Path.GetFileName));

        File.Delete(StoredPath);
        Torrent refused = _leeches.Add(
            LinkToSeed() with { DisplayName = "x" },
            Settings(),
            (_, _) => throw new SessionException(SessionErrorId.BadSettings, "no such file"));
        TorrentResult result = await refused.Completion.WaitAsync(s_limit);
        Assert.Equal((TorrentState.Failed, TorrentFaultId.BadSettings), (result.Status.State, result.Status.Fault?.Id));
    }

    [Fact]
    public async Task A_selection_of_no_file_fails_the_torrent_when_the_metadata_is_known()
    {
        await SeedAsync();
        Torrent download = _leeches.Add(LinkToSeed(), Settings() with { Include = ["*.jpeg"] });

        TorrentResult result = await download.Completion.WaitAsync(s_limit);

        Assert.Equal(
            (TorrentState.Failed, TorrentFaultId.NoFileMatches, false),
            (result.Status.State, result.Status.Fault?.Id, result.GoalReached));
        Assert.False(Directory.Exists(Path.Combine(_content.Destination, "content")));

        // The metadata is stored now, so that the next start is refused at once.
        SessionException refused = Assert.Throws<SessionException>(
            () => _leeches.Add(LinkToSeed(), Settings() with { Include = ["*.jpeg"] }));
        Assert.Equal(SessionErrorId.NoFileMatches, refused.Id);
        Assert.Same(download, Assert.Single(_leeches.Torrents));
    }

    [Fact]
    public void A_link_whose_torrent_is_in_the_session_is_refused()
    {
        _leeches.Add(_content.Metainfo.ToMagnet(), Settings());
        Assert.Equal(SessionErrorId.DuplicateTorrent, ErrorOf(() => _leeches.Add(_content.Metainfo, Settings())));
        Assert.Equal(
            SessionErrorId.DuplicateTorrent, ErrorOf(() => _leeches.Add(_content.Metainfo.ToMagnet(), Settings())));

        static SessionErrorId ErrorOf(Func<Torrent> add) => Assert.Throws<SessionException>(add).Id;
    }

    private static async Task ReachAsync(Torrent torrent, TorrentState state, Action act)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        torrent.StateChanged += (_, status) =>
        {
            if (status.State == state)
                reached.TrySetResult();
        };
        act();
        if (torrent.Status.State == state)
            return;
        await reached.Task.WaitAsync(s_limit);
    }

    private SessionSettings Loopback(string name) => new()
    {
        Port = 0,
        BindAddress = IPAddress.Loopback,
        StateFolder = Path.Combine(_content.State, name),
        EnableDht = false,
        EnableLsd = false,
        EnablePortMapping = false,
        PeerCache = PeerCacheLocation.None,
    };

    private async Task<Torrent> SeedAsync()
    {
        Torrent seed = _seeds.Add(
            _content.Metainfo,
            new TorrentSettings
            {
                Destination = _content.Source,
                Role = TorrentRole.Seed,
                StopWhen = StopWhen.Never,
            });
        await ReachAsync(seed, TorrentState.Seeding, () => { });
        return seed;
    }

    private MagnetLink LinkToSeed() =>
        _content.Metainfo.ToMagnet() with { Peers = [new HostEndPoint("127.0.0.1", SeedAt.Port)] };

    private TorrentSettings Settings() => new() { Destination = _content.Destination };

    private sealed class Reports : IProgress<MetadataProgress>
    {
        public void Report(MetadataProgress value) => Assert.True(value.Received <= (value.Size ?? int.MaxValue));
    }
}
