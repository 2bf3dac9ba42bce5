using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using TorrentPS.Cli.Demo;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Tests;

public sealed class TransferTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly TorrentSession _seeding = new(new SessionSettings
    {
        Port = 0,
        BindAddress = IPAddress.Loopback,
        EnableDht = false,
        EnableLsd = false,
        EnablePortMapping = false,
        PeerCache = PeerCacheLocation.None,
    });
    private readonly DemoTracker _tracker = new();
    private Workspace _space = null!;

    public async Task InitializeAsync() => _space = await Workspace.CreateAsync("--tracker", _tracker.AnnounceUrl);

    public async ValueTask DisposeAsync()
    {
        await _seeding.DisposeAsync();
        await _tracker.DisposeAsync();
        _space.Dispose();
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    [Fact]
    public async Task A_download_gives_exit_code_0_and_the_content_and_its_last_line_is_the_result()
    {
        await SeedAsync();
        string folder = _space.NewFolder("download");

        Outcome outcome = await DownloadAsync(folder, "--json");

        Assert.Equal(0, outcome.Code);
        Assert.Empty(outcome.Error);
        Workspace.AssertSameFiles(_space.Data, folder);
        JsonElement result = outcome.Result;
        Assert.True(result.GetProperty("GoalReached").GetBoolean());
        Assert.Equal(100, result.GetProperty("Progress").GetDouble());
        Assert.Equal(181_931, result.GetProperty("Completed").GetInt64());
        Assert.Equal(Path.Combine(folder, "content"), result.GetProperty("Path").GetString());
        Assert.All(
            outcome.Out[..^1],
            line => Assert.Equal("content", JsonDocument.Parse(line).RootElement.GetProperty("Name").GetString()));
    }

    [Fact]
    public async Task Events_are_appended_to_a_log_file_as_JSON_lines()
    {
        await SeedAsync();
        string log = Path.Combine(_space.Folder, "events.log");

        Assert.Equal(0, (await DownloadAsync(_space.NewFolder("one"), "--quiet", "--log", log)).Code);
        JsonElement[] first = Events(await File.ReadAllLinesAsync(log));
        Assert.Equal(0, (await DownloadAsync(_space.NewFolder("two"), "--quiet", "--log", log)).Code);
        string[] both = await File.ReadAllLinesAsync(log);

        Assert.Equal(
            ["InfoHash", "Kind", "ListenPort", "Message", "Number", "Peer", "Time", "Torrent"],
            first[0].EnumerateObject().Select(property => property.Name).Order());
        Assert.Equal(Enumerable.Range(1, first.Length), first.Select(entry => entry.GetProperty("Number").GetInt32()));
        Assert.All(first, entry => Assert.Equal("content", entry.GetProperty("Torrent").GetString()));
        Assert.Equal("Started in state Checking.", Of(first, "StateChanged")[0].GetProperty("Message").GetString());
        Assert.EndsWith("to Stopped.", Of(first, "StateChanged")[^1].GetProperty("Message").GetString());
        Assert.Equal($"127.0.0.1:{_seeding.ListenPort}", Of(first, "PeerConnected")[0].GetProperty("Peer").GetString());
        Assert.NotEmpty(Of(first, "PeerDisconnected"));
        Assert.NotEmpty(Of(first, "TrackerAnswered"));
        Assert.Equal(2, Events(both).Count(entry => entry.GetProperty("Number").GetInt32() == 1));
    }

    [Fact]
    public async Task Events_are_written_to_standard_error_with_a_dash()
    {
        await SeedAsync();
        Outcome outcome = await DownloadAsync(_space.NewFolder("download"), "--json", "--log", "-");

        Assert.Equal(0, outcome.Code);
        Assert.NotEmpty(Of(Events(outcome.Error), "PeerConnected"));
        Assert.True(outcome.Result.GetProperty("GoalReached").GetBoolean());
    }

    [Fact]
    public async Task A_log_file_that_cannot_be_opened_fails_the_command_before_anything_is_started()
    {
        string folder = _space.NewFolder("download");
        Outcome outcome = await DownloadAsync(folder, "--log", Path.Combine(_space.Folder, "missing", "events.log"));

        Assert.Equal(1, outcome.Code);
        Assert.Contains("missing", Assert.Single(outcome.Error));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    private static JsonElement[] Events(string[] lines) => [.. lines.Select(line => JsonDocument.Parse(line).RootElement)];

    private static JsonElement[] Of(JsonElement[] events, string kind) =>
        [.. events.Where(entry => entry.GetProperty("Kind").GetString() == kind)];

    [Fact]
    public async Task An_existing_file_without_a_piece_of_the_torrent_is_overwritten_only_with_force()
    {
        await SeedAsync();
        string folder = _space.NewFolder("download");
        Assert.Equal(0, (await DownloadAsync(folder, "--quiet")).Code);
        string[] files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        string file = files.MaxBy(path => new FileInfo(path).Length)!;
        await File.WriteAllTextAsync(file, new string('x', 500_000));

        Outcome refused = await DownloadAsync(folder, "--quiet");
        Assert.Equal(1, refused.Code);
        string error = Assert.Single(refused.Error);
        Assert.Contains(file, error);
        Assert.Contains("--force", error);
        Assert.Equal(new string('x', 500_000), await File.ReadAllTextAsync(file));

        Assert.Equal(0, (await DownloadAsync(folder, "--quiet", "--force")).Code);
        Workspace.AssertSameFiles(_space.Data, folder);
    }

    [Fact]
    public async Task A_download_from_a_given_peer_needs_no_tracker()
    {
        await SeedAsync();
        string torrent = Path.Combine(_space.Folder, "trackerless.torrent");
        await Tool.RunAsync("create", _space.Content, "--output", torrent, "--piece-length", "16384");
        string folder = _space.NewFolder("download");

        Outcome outcome = await Tool.RunAsync(["download", torrent, "--destination", folder, "--port", "0", "--bind",
            "127.0.0.1", .. Tool.NoDiscovery, "--peer", $"localhost:{_seeding.ListenPort}", "--quiet"]);

        Assert.Equal(0, outcome.Code);
        Assert.Empty(outcome.Out);
        Workspace.AssertSameFiles(_space.Data, folder);
    }

    [Fact]
    public async Task An_unavailable_peer_cache_gives_one_warning_and_the_download_continues()
    {
        await SeedAsync();
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        string cache = $"redis://127.0.0.1:{((IPEndPoint)closed.LocalEndPoint!).Port}/0";
        Task<Outcome> Run(string folder, params string[] options) => Tool.RunAsync(
            [
                "download", _space.Torrent, "--destination", _space.NewFolder(folder), "--port", "0", "--bind",
                    "127.0.0.1",
                "--no-dht", "--no-lsd", "--no-port-mapping", "--peer-cache", cache, "--download-limit", "150K", .. options,
            ]);

        Outcome plain = await Run("one");
        Outcome json = await Run("other", "--json");

        Assert.Equal((0, 0), (plain.Code, json.Code));
        string line = Assert.Single(plain.Error);
        Assert.StartsWith("torrentps: warning: ", line);
        Assert.Contains(cache, line);
        Assert.Empty(json.Error);
        Assert.Contains(cache, Assert.Single(json.Result.GetProperty("Warnings").EnumerateArray()).GetString());
    }

    [Theory]
    [InlineData("tit-for-tat")]
    [InlineData("strategic")]
    [InlineData("naive")]
    public async Task A_download_completes_with_each_choker(string choker)
    {
        await SeedAsync();
        string folder = _space.NewFolder("download");

        Outcome outcome =
            await DownloadAsync(folder, "--choker", choker, "--slots", "2", "--strategy", "sequential", "--quiet");

        Assert.Equal(0, outcome.Code);
        Workspace.AssertSameFiles(_space.Data, folder);
    }

    [Fact]
    public async Task A_seed_accepts_choker_slots_and_super_seeding()
    {
        string torrent = Path.Combine(_space.Folder, "trackerless.torrent");
        await Tool.RunAsync("create", _space.Content, "--output", torrent, "--piece-length", "16384");
        using var interruption = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        Outcome outcome = await Tool.RunAsync(
            interruption.Token,
            ["seed", torrent, "--data", _space.Data, "--port", "0", "--bind", "127.0.0.1", .. Tool.NoDiscovery,
                "--choker", "naive", "--slots", "3", "--super-seeding", "--quiet"]);

        Assert.Equal(0, outcome.Code);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public async Task Only_the_selected_files_are_downloaded()
    {
        await SeedAsync();
        string folder = _space.NewFolder("download");

        Outcome outcome = await DownloadAsync(folder, "--include", "*.bin", "--exclude", "a.*", "--json");

        Assert.Equal(0, outcome.Code);
        Assert.InRange(outcome.Result.GetProperty("Downloaded").GetInt64(), 100_000, 100_000 + (2 * (16 << 10)));
        Assert.Equal(100_000, new FileInfo(Path.Combine(folder, "content", "sub", "ünï.bin")).Length);
        Assert.False(File.Exists(Path.Combine(folder, "content", "empty")));
    }

    [Fact]
    public async Task A_wildcard_that_matches_no_file_gives_exit_code_1_and_the_nearest_names()
    {
        string folder = _space.NewFolder("download");

        Outcome outcome = await DownloadAsync(folder, "--include", "*.bon", "--json");

        Assert.Equal(1, outcome.Code);
        Assert.Empty(outcome.Out);
        string line = Assert.Single(outcome.Error);
        Assert.Contains("no file matches '*.bon'. The nearest file names are 'a.bin'", line);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task Existing_content_is_not_downloaded_again()
    {
        Outcome outcome = await DownloadAsync(_space.Data, "--json");

        Assert.Equal(0, outcome.Code);
        Assert.Equal(0, outcome.Result.GetProperty("Downloaded").GetInt64());
    }

    [Fact]
    public async Task An_interrupted_download_gives_exit_code_130_and_one_line()
    {
        using var interruption = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        Outcome outcome = await Tool.RunAsync(
            interruption.Token,
            ["download", _space.Torrent, "--destination", _space.NewFolder("download"), "--port", "0", "--bind",
                "127.0.0.1", .. Tool.NoDiscovery, "--json"]);

        Assert.Equal(130, outcome.Code);
        Assert.Contains("interrupted", Assert.Single(outcome.Error), StringComparison.Ordinal);
        Assert.False(outcome.Result.GetProperty("GoalReached").GetBoolean());
    }

    [Fact]
    public async Task Data_that_does_not_match_the_torrent_is_not_seeded()
    {
        await File.WriteAllTextAsync(Path.Combine(_space.Content, "a.bin"), "something else");

        Outcome outcome = await Tool.RunAsync(["seed", _space.Torrent, "--data", _space.Data, "--port", "0", "--bind",
            "127.0.0.1", .. Tool.NoDiscovery, "--quiet"]);

        Assert.Equal(1, outcome.Code);
        Assert.Single(outcome.Error);
    }

    [Fact]
    public async Task A_magnet_link_is_seeded_with_content_under_another_name()
    {
        string link = await SeedAsync();
        string renamed = Path.Combine(_space.Folder, "renamed");
        Directory.Move(_space.Content, renamed);
        using var interruption = new CancellationTokenSource(Tool.Limit);
        using var output = new WatchedWriter("\"Seeding\"", interruption.Cancel);

        int code = await CommandLine.RunAsync(
            [
                "seed", link, "--data", renamed, "--port", "0", "--bind", "127.0.0.1", .. Tool.NoDiscovery,
                "--json",
            ],
            new Terminal(output, TextWriter.Null, false),
            interruption.Token).WaitAsync(Tool.Limit);

        Assert.Equal(0, code);
        Assert.Contains(output.Lines, line => line.Contains("\"Seeding\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Seeding_a_magnet_link_without_its_content_fails_with_one_line()
    {
        string link = await SeedAsync();
        string nowhere = Path.Combine(_space.Folder, "nowhere");

        Outcome outcome = await Tool.RunAsync(["seed", link, "--data", nowhere, "--port", "0", "--bind", "127.0.0.1",
            .. Tool.NoDiscovery, "--quiet"]);

        Assert.Equal(1, outcome.Code);
        Assert.Contains($"'{nowhere}' does not exist", Assert.Single(outcome.Error));
    }

    [Fact]
    public async Task A_port_in_use_fails_with_one_line()
    {
        await SeedAsync();

        Outcome outcome = await Tool.RunAsync(["download", _space.Torrent, "--destination",
            _space.NewFolder("download"), "--bind", "127.0.0.1", .. Tool.NoDiscovery, "--port",
            $"{_seeding.ListenPort}"]);

        Assert.Equal(1, outcome.Code);
        Assert.Contains($"{_seeding.ListenPort}", Assert.Single(outcome.Error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peers_are_listed_with_the_result_of_the_handshake()
    {
        await SeedAsync();

        JsonElement peer = (await Tool.RunAsync("peers", _space.Torrent, "--handshake", "--json")).Result;

        Assert.Equal("127.0.0.1", peer.GetProperty("Address").GetString());
        Assert.Equal(_seeding.ListenPort, peer.GetProperty("Port").GetInt32());
        Assert.True(peer.GetProperty("Answered").GetBoolean());
        Assert.Equal(100, peer.GetProperty("Progress").GetDouble());
        Assert.StartsWith("TorrentPS", peer.GetProperty("Client").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peers_can_be_written_as_comma_separated_values()
    {
        await SeedAsync();

        Outcome outcome = await Tool.RunAsync("peers", _space.Torrent, "--csv");

        Assert.Equal(2, outcome.Out.Length);
        Assert.StartsWith("Torrent,Address,Port,", outcome.Out[0], StringComparison.Ordinal);
        Assert.StartsWith($"content,127.0.0.1,{_seeding.ListenPort},", outcome.Out[1], StringComparison.Ordinal);
        Assert.Equal(outcome.Out[0].Count(c => c == ','), outcome.Out[1].Count(c => c == ','));
    }

    [Fact]
    public async Task A_torrent_without_a_responding_tracker_gives_exit_code_1()
    {
        string torrent = Path.Combine(_space.Folder, "silent.torrent");
        await Tool.RunAsync("create", _space.Content, "--output", torrent, "--tracker", "http://127.0.0.1:9/announce");

        Outcome outcome = await Tool.RunAsync("peers", torrent);

        Assert.Equal(1, outcome.Code);
        Assert.Contains("no tracker responded", Assert.Single(outcome.Error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_demo_shows_the_peers_and_the_verified_result_and_removes_its_files()
    {
        string[] before = Directory.GetDirectories(Path.GetTempPath(), "torrentps-demo-*");

        Outcome outcome = await Tool.RunAsync("demo", "--size", "4");

        Assert.Equal(0, outcome.Code);
        Assert.Contains(outcome.Out, line => line.StartsWith("Peer ", StringComparison.Ordinal));
        Assert.Contains(outcome.Out, line => line.StartsWith("127.0.0.1:", StringComparison.Ordinal));
        Assert.StartsWith("Verified", outcome.Out[^1], StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetDirectories(Path.GetTempPath(), "torrentps-demo-*"));
    }

    private Task<Outcome> DownloadAsync(string folder, params string[] more) =>
        Tool.RunAsync(["download", _space.Torrent, "--destination", folder, "--port", "0", "--bind", "127.0.0.1",
            .. Tool.NoDiscovery, .. more]);

    /// <summary>Seeds the content, and returns the magnet link of the torrent.</summary>
    private async Task<string> SeedAsync()
    {
        TorrentMetainfo metainfo = TorrentMetainfo.Parse(await File.ReadAllBytesAsync(_space.Torrent));
        _seeding.Add(
            metainfo,
            new TorrentSettings { Destination = _space.Data, Role = TorrentRole.Seed, StopWhen = StopWhen.Never });
        await _tracker.SeedKnown.WaitAsync(Tool.Limit);
        return metainfo.ToMagnet().ToString();
    }
}
