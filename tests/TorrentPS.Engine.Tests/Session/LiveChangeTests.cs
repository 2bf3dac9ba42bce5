using System.Diagnostics;
using System.Net;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>Changes of a torrent's settings while it runs, with real sockets and files.</summary>
public sealed class LiveChangeTests : IAsyncDisposable
{
    private const string LeftOut = "left out/middle";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly TestTorrent _content = new(
        16 * 1024, [], ("first", 70_001), (LeftOut, 150_003), ("left out/empty", 0), ("last", 40_007));
    private readonly TorrentSession _seeds;
    private readonly TorrentSession _leeches;

    /// <summary>A second seed, which has not disconnected any peer.</summary>
    private readonly TorrentSession _others;

    public LiveChangeTests()
    {
        _seeds = Open();
        _others = Open();
        _leeches = Open();
        var settings = new TorrentSettings
        {
            Destination = _content.Source,
            Role = TorrentRole.Seed,
            StopWhen =
            StopWhen.Never
        };
        Seed = _seeds.Add(_content.Metainfo, settings);
        _others.Add(_content.Metainfo, settings);
    }

    private Torrent Seed { get; }

    private IPEndPoint SeedAt => new(IPAddress.Loopback, _seeds.ListenPort!.Value);

    private IPEndPoint OtherAt => new(IPAddress.Loopback, _others.ListenPort!.Value);

    public async ValueTask DisposeAsync()
    {
        await _leeches.DisposeAsync();
        await _seeds.DisposeAsync();
        await _others.DisposeAsync();
        _content.Dispose();
    }

    [Fact]
    public async Task A_file_wanted_after_the_download_is_completed_without_downloading_anything_twice()
    {
        Torrent download = Start(new() { Destination = "", Exclude = ["left out/*"], StopWhen = StopWhen.Never });
        await download.ReachAsync(TorrentState.Finished);
        Assert.False(Exists(LeftOut));

        await download.ApplyAsync(settings => settings with { Exclude = [] });
        download.AddPeers([OtherAt]);
        TorrentStatus complete = await download.ReachAsync(TorrentState.Seeding);

        Assert.Equal(_content.Metainfo.Size, complete.WantedSize);
        Assert.Equal(_content.Metainfo.Size, complete.Downloaded);
        Assert.Empty(Directory.GetFiles(_content.State, "*.parts"));
        await StopAndVerifyAsync(download);
    }

    [Fact]
    public async Task A_choice_whose_empty_file_cannot_be_created_changes_neither_settings_nor_files()
    {
        Torrent download = Start(new() { Destination = "", Exclude = ["left out/*"], StopWhen = StopWhen.Never });
        await download.ReachAsync(TorrentState.Finished);
        string inTheWay = Path.Combine(_content.Destination, "content", "left out", "empty");
        Directory.CreateDirectory(inTheWay);

        await Assert.ThrowsAsync<StorageException>(
            () => download.ApplyAsync(settings => settings with { Exclude = [] }));
        Assert.Equal(["left out/*"], download.Settings.Exclude);
        Assert.False(Exists(LeftOut));
        Assert.NotEmpty(Directory.GetFiles(_content.State, "*.parts"));

        Directory.Delete(inTheWay);
        await download.ApplyAsync(settings => settings with { Exclude = [] });
        download.AddPeers([OtherAt]);
        await download.ReachAsync(TorrentState.Seeding);
        await StopAndVerifyAsync(download);
    }

    [Fact]
    public async Task A_file_wanted_during_the_download_is_part_of_the_goal()
    {
        Torrent download = Start(new() { Destination = "", Exclude = ["left out/*"], Peers = [] });
        await download.ReachAsync(TorrentState.Downloading);

        await download.ApplyAsync(settings => settings with { Exclude = [] });
        download.AddPeers([SeedAt]);
        TorrentResult result = await download.Completion.WaitAsync(s_limit);

        Assert.True(result.GoalReached);
        _content.AssertDownloaded();
    }

    [Fact]
    public async Task A_file_that_becomes_unwanted_before_its_first_block_is_not_created()
    {
        Torrent download = Start(new() { Destination = "", Peers = [] });
        await download.ReachAsync(TorrentState.Downloading);

        await download.ApplyAsync(settings => settings with { Exclude = ["left out/mid*"] });
        download.AddPeers([SeedAt]);
        TorrentResult result = await download.Completion.WaitAsync(s_limit);

        Assert.True(result.GoalReached);
        Assert.False(Exists(LeftOut));
        AssertWhole("first", "last");
    }

    [Fact]
    public async Task A_file_that_becomes_unwanted_keeps_its_pieces_and_is_completed_when_wanted_again()
    {
        Torrent download = Start(
            new() { Destination = "", PieceCount = 8, Strategy = PieceStrategy.Sequential, StopWhen = StopWhen.Never });
        await download.ReachAsync(TorrentState.Finished);

        await download.ApplyAsync(settings => settings with { Exclude = ["left out/*"], PieceCount = null });
        Assert.True(Exists(LeftOut));
        await download.ApplyAsync(settings => settings with { Exclude = [] });
        download.AddPeers([OtherAt]);
        await download.ReachAsync(TorrentState.Seeding);

        await StopAndVerifyAsync(download);
    }

    [Fact]
    public async Task A_download_is_complete_after_many_changes_of_the_wanted_files()
    {
        var random = new Random(3);
        Torrent download = Start(new() { Destination = "", DownloadLimit = 400_000, StopWhen = StopWhen.Never });
        await download.ReachAsync(TorrentState.Downloading);
        string[] files = ["first", LeftOut, "last"];
        for (int i = 0; i < 40; i++)
            await download.ApplyAsync(
                settings => settings with { Exclude = [.. files.Where(_ => random.Next(2) == 0)] });

        await download.ApplyAsync(settings => settings with { Exclude = [], DownloadLimit = null });
        await download.ReachAsync(TorrentState.Seeding);

        await StopAndVerifyAsync(download);
    }

    [Fact]
    public async Task A_change_of_the_wanted_files_during_the_check_of_existing_data_takes_effect()
    {
        Torrent some = Start(new() { Destination = "", Exclude = ["left out/*"], StopWhen = StopWhen.Never });
        await some.ReachAsync(TorrentState.Finished);
        await some.StopAsync();

        Torrent all = Start(new() { Destination = "", Exclude = ["left out/*", "last"], StopWhen = StopWhen.Never });
        await all.ApplyAsync(settings => settings with { Exclude = [] });
        all.AddPeers([OtherAt]);
        TorrentStatus complete = await all.ReachAsync(TorrentState.Seeding);

        Assert.Equal(_content.Metainfo.Size, complete.WantedSize);
        await StopAndVerifyAsync(all);
    }

    [Fact]
    public async Task A_files_priority_is_shown_by_its_pieces()
    {
        Torrent download = Start(new() { Destination = "", Peers = [] });
        await download.ReachAsync(TorrentState.Downloading);

        await download.ApplyAsync(settings => settings with
        {
            FilePriorities =
            new Dictionary<int, DownloadPriority> { [0] = DownloadPriority.Skip, [3] = DownloadPriority.High }
        });
        IReadOnlyList<PieceStatus> pieces = await download.GetPiecesAsync();

        Assert.Equal(_content.Metainfo.PieceCount, pieces.Count);
        Assert.Equal((PieceState.Unwanted, DownloadPriority.Skip), (pieces[0].State, pieces[0].Priority));
        Assert.Equal((PieceState.Missing, DownloadPriority.Normal), (pieces[8].State, pieces[8].Priority));
        Assert.Equal((PieceState.Missing, DownloadPriority.High), (pieces[^1].State, pieces[^1].Priority));
        Assert.Equal(Enumerable.Range(0, pieces.Count), pieces.Select(piece => piece.Index));
        Assert.Equal(_content.Metainfo.Size, pieces.Sum(piece => (long)piece.Length));
    }

    [Fact]
    public async Task Pieces_show_their_availability_and_received_blocks()
    {
        Torrent download = Start(new() { Destination = "", PieceCount = 4, StopWhen = StopWhen.Never });
        await download.ReachAsync(TorrentState.Finished);

        PieceStatus here = (await Seed.GetPiecesAsync())[0];
        IReadOnlyList<PieceStatus> pieces = await download.GetPiecesAsync();
        await download.StopAsync();

        Assert.Equal(
            (PieceState.Verified, 1, 1, 0), (here.State, here.BlockCount, here.BlocksReceived, here.BlocksRequested));
        Assert.Equal(Enumerable.Range(0, 4), pieces.Where(piece => piece.State == PieceState.Verified).Select(
            piece => piece.Index));
        Assert.All(
            pieces.Skip(4), piece => Assert.Equal((PieceState.Unwanted, 0), (piece.State, piece.BlocksReceived)));
        Assert.Empty(await download.GetPiecesAsync());
    }

    [Fact]
    public async Task A_changed_limit_takes_effect_at_once()
    {
        using var big = new TestTorrent(64 * 1024, [], ("a", 2_000_000));
        Torrent seed = _seeds.Add(big.Metainfo, new TorrentSettings
        {
            Destination = big.Source,
            Role =
            TorrentRole.Seed,
            StopWhen = StopWhen.Never
        });
        await seed.ReachAsync(TorrentState.Seeding);
        Torrent download = _leeches.Add(big.Metainfo, new TorrentSettings
        {
            Destination = big.Destination,
            Peers =
            [SeedAt],
            DownloadLimit = 100_000
        });
        await download.ReachAsync(TorrentState.Downloading);
        long start = Stopwatch.GetTimestamp();

        await download.ApplyAsync(settings => settings with { DownloadLimit = null, UploadLimit = 50_000 });
        Assert.Equal((null, 50_000), (download.Settings.DownloadLimit, download.Settings.UploadLimit));
        TorrentResult result = await download.Completion.WaitAsync(s_limit);

        // With the old limit it would have taken twenty seconds.
        Assert.True(result.GoalReached);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(12));
    }

    [Fact]
    public async Task A_change_leaves_other_settings_as_they_were()
    {
        await Seed.ApplyAsync(settings => settings with
        {
            Choker = ChokerKind.Naive,
            UploadSlots = 3,
            MaxPeers =
            7,
            Strategy = PieceStrategy.Sequential,
            SuperSeeding = true
        });
        TorrentSettings all = Seed.Settings;
        await Seed.ApplyAsync(settings => settings with { UploadSlots = null });

        Assert.Equal(
            (ChokerKind.Naive, 3, 7, PieceStrategy.Sequential, true),
                (all.Choker, all.UploadSlots, all.MaxPeers, all.Strategy, all.SuperSeeding));
        Assert.Equal(all with { UploadSlots = null }, Seed.Settings with { FilePriorities = all.FilePriorities });
    }

    [Theory]
    [InlineData("seed")]
    [InlineData("wildcard")]
    [InlineData("file")]
    [InlineData("limit")]
    [InlineData("peers")]
    [InlineData("slots")]
    public async Task A_setting_that_is_not_valid_is_refused_and_nothing_is_changed(string what)
    {
        Torrent download = Start(new() { Destination = "", Peers = [] });
        await download.ReachAsync(TorrentState.Downloading);
        Torrent torrent = what == "seed" ? Seed : download;
        Func<TorrentSettings, TorrentSettings> change = what switch
        {
            "seed" => settings => settings with { Exclude = ["first"] },
            "wildcard" => settings => settings with { Include = ["[b-a]"], MaxPeers = 5 },
            "file" => settings => settings with
            {
                FilePriorities = new Dictionary<int, DownloadPriority>
                {
                    [4] =
                DownloadPriority.Low
                }
            },
            "limit" => settings => settings with { UploadLimit = -1 },
            "peers" => settings => settings with { MaxPeers = 0 },
            _ => settings => settings with { UploadSlots = -2 },
        };
        TorrentSettings before = torrent.Settings;

        SessionException refused = await Assert.ThrowsAsync<SessionException>(() => torrent.ApplyAsync(change));

        Assert.Equal(SessionErrorId.BadSettings, refused.Id);
        Assert.Same(before, torrent.Settings);
    }

    [Fact]
    public async Task A_selection_of_no_file_is_refused_and_the_download_continues()
    {
        Torrent download = Start(new() { Destination = "", Peers = [] });
        TorrentSettings before = download.Settings;

        SessionException refused = await Assert.ThrowsAsync<SessionException>(
            () => download.ApplyAsync(settings => settings with { Include = ["*.jpeg"], MaxPeers = 5 }));

        Assert.Equal(SessionErrorId.NoFileMatches, refused.Id);
        Assert.Same(before, download.Settings);
        Assert.False(download.Completion.IsCompleted);
        download.AddPeers([SeedAt]);
        Assert.True((await download.Completion.WaitAsync(s_limit)).GoalReached);
    }

    public static TheoryData<string, Func<TorrentSettings, TorrentSettings>> FixedSettings => new()
    {
        { "Destination", settings => settings with { Destination = Path.GetTempPath() } },
        { "ContentName", settings => settings with { ContentName = "other" } },
        { "Role", settings => settings with { Role = TorrentRole.Seed } },
        { "Peers", settings => settings with { Peers = [new IPEndPoint(IPAddress.Loopback, 1)] } },
        { "StopWhen", settings => settings with { StopWhen = StopWhen.Never } },
        { "SeedRatio", settings => settings with { SeedRatio = 2 } },
        { "Allocation", settings => settings with { Allocation = AllocationMode.Preallocated } },
        { "SkipCheck", settings => settings with { SkipCheck = true } },
        { "AllowPartial", settings => settings with { AllowPartial = true } },
    };

    [Theory]
    [MemberData(nameof(FixedSettings))]
    public async Task A_fixed_setting_is_refused_by_name(string name, Func<TorrentSettings, TorrentSettings> change)
    {
        Torrent download = Start(new() { Destination = "", Peers = [] });
        TorrentSettings before = download.Settings;

        SessionException refused = await Assert.ThrowsAsync<SessionException>(
            () => download.ApplyAsync(settings => change(settings) with { MaxPeers = 5 }));

        Assert.Equal(SessionErrorId.BadSettings, refused.Id);
        Assert.StartsWith(name, refused.Message, StringComparison.Ordinal);
        Assert.Same(before, download.Settings);
    }

    [Fact]
    public async Task Changes_made_at_the_same_time_each_see_the_one_before()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Seed.ApplyAsync(settings => settings with
        {
            MaxPeers =
            settings.MaxPeers + 1
        })));

        Assert.Equal(120, Seed.Settings.MaxPeers);
    }

    [Fact]
    public async Task A_change_that_throws_changes_nothing_and_does_not_block_the_next()
    {
        TorrentSettings before = Seed.Settings;

        await Assert.ThrowsAsync<NotSupportedException>(() => Seed.ApplyAsync(_ => throw new NotSupportedException()));
        Assert.Same(before, Seed.Settings);
        await Seed.ApplyAsync(settings => settings with { MaxPeers = 9 });

        Assert.Equal(9, Seed.Settings.MaxPeers);
    }

    [Fact]
    public async Task A_torrent_that_has_ended_can_not_be_changed()
    {
        await Seed.StopAsync();

        SessionException refused = await Assert.ThrowsAsync<SessionException>(
            () => Seed.ApplyAsync(settings => settings with { MaxPeers = 5 }));

        Assert.Equal(SessionErrorId.TorrentEnded, refused.Id);
    }

    private Torrent Start(TorrentSettings settings) => _leeches.Add(
        _content.Metainfo,
        settings with
        {
            Destination = _content.Destination,
            Peers =
            settings.Peers.Count == 0 && settings.StopWhen == StopWhen.Complete ? [] : [SeedAt]
        });

    private TorrentSession Open() => new(_content.LocalSession);

    private bool Exists(string file) => File.Exists(Path.Combine(_content.Destination, "content", file));

    private bool IsWhole(string file) => Exists(file)
        && File.ReadAllBytes(Path.Combine(_content.Source, "content", file)).AsSpan().SequenceEqual(
            File.ReadAllBytes(Path.Combine(_content.Destination, "content", file)));

    private void AssertWhole(params string[] files) => Assert.All(files, file => Assert.True(IsWhole(file), file));

    private async Task StopAndVerifyAsync(Torrent download)
    {
        await download.StopAsync();
        _content.AssertDownloaded();
        Assert.Equal(0, _leeches.BlocksOutstanding);
    }
}
