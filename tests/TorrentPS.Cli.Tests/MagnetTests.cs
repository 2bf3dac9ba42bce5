using System.Net;
using System.Text.Json;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Tests;

/// <summary>Uses magnet links in place of torrent files.</summary>
public sealed class MagnetTests : IAsyncLifetime, IAsyncDisposable
{
    private TorrentSession _seeding = null!;
    private Workspace _space = null!;
    private string _link = "";

    public async Task InitializeAsync()
    {
        // Each run has another info hash, so that no earlier run has cached its peers.
        _space = await Workspace.CreateAsync("--source", Guid.NewGuid().ToString());
        _seeding = new TorrentSession(new SessionSettings
        {
            Port = 0,
            BindAddress = IPAddress.Loopback,
            StateFolder = _space.NewFolder("state"),
            EnableDht = false,
            EnableLsd = false,
            EnablePortMapping = false,
            PeerCache = PeerCacheLocation.None,
        });
        Torrent seed = _seeding.Add(
            TorrentMetainfo.Parse(File.ReadAllBytes(_space.Torrent)),
            new TorrentSettings
            {
                Destination = _space.Data,
                Role = TorrentRole.Seed,
                StopWhen = StopWhen.Never,
                SkipCheck = true
            });
        var seeds = new TaskCompletionSource();
        seed.StateChanged += (_, status) =>
        {
            if (status.State == TorrentState.Seeding)
                seeds.TrySetResult();
        };
        if (seed.Status.State != TorrentState.Seeding)
            await seeds.Task.WaitAsync(Tool.Limit);
        _link = (await Tool.RunAsync("magnet", _space.Torrent)).Out.Single();
    }

    public async ValueTask DisposeAsync()
    {
        await _seeding.DisposeAsync();
        _space.Dispose();
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    [Fact]
    public async Task The_printed_link_of_a_file_gives_the_same_torrent()
    {
        MagnetLink link = MagnetLink.Parse(_link);
        TorrentMetainfo metainfo = TorrentMetainfo.Parse(File.ReadAllBytes(_space.Torrent));
        Assert.Equal((metainfo.InfoHash, metainfo.Name), (link.InfoHash, link.DisplayName));

        Outcome outcome = await Tool.RunAsync(["info", _link, "--json", "--bind", "127.0.0.1", "--port", "0",
            .. Tool.NoDiscovery, "--peer", $"127.0.0.1:{_seeding.ListenPort}"]);
        Assert.Equal(0, outcome.Code);
        Assert.Equal(metainfo.Files.Count, outcome.Result.GetProperty("Files").GetArrayLength());
    }

    [Fact]
    public async Task A_bare_info_hash_is_taken_as_a_file()
    {
        string hash = MagnetLink.Parse(_link).InfoHash!.Value.ToString();
        string folder = _space.NewFolder("by hash");

        Outcome outcome = await Tool.RunAsync(["download", hash, "--destination", folder, "--json", "--bind",
            "127.0.0.1", "--port", "0", .. Tool.NoDiscovery, "--peer", $"127.0.0.1:{_seeding.ListenPort}"]);

        Assert.Equal(0, outcome.Code);
        Workspace.AssertSameFiles(_space.Data, folder);
    }

    [Fact]
    public async Task A_link_is_downloaded_from_the_peer_in_the_link()
    {
        string folder = _space.NewFolder("download");
        Outcome outcome = await Tool.RunAsync(
            ["download", $"{_link}&x.pe=127.0.0.1:{_seeding.ListenPort}", "--destination", folder, "--port", "0",
                "--bind", "127.0.0.1", .. Tool.NoDiscovery, "--json"]);
        Assert.Equal(0, outcome.Code);
        Workspace.AssertSameFiles(_space.Data, folder);
        Assert.Equal("content", JsonDocument.Parse(outcome.Out[0]).RootElement.GetProperty("Name").GetString());
    }

    [Fact]
    public async Task A_link_without_peers_fails_with_one_line_after_the_timeout()
    {
        Outcome outcome = await Tool.RunAsync(
            ["info", "magnet:?xt=urn:btih:00112233445566778899aabbccddeeff00112233", "--timeout", "1", "--bind",
                "127.0.0.1", "--port", "0", .. Tool.NoDiscovery]);
        Assert.Equal(1, outcome.Code);
        Assert.Contains("within 1 s", Assert.Single(outcome.Error));
    }

    [Theory]
    [InlineData("info")]
    [InlineData("download")]
    [InlineData("peers")]
    public async Task An_invalid_magnet_link_gives_exit_code_3(string command)
    {
        string[] needed = command == "download" ? ["--destination", _space.Folder] : [];
        Outcome outcome = await Tool.RunAsync([command, "magnet:?dn=nothing", .. needed]);
        Assert.Equal(3, outcome.Code);
        Assert.Contains("magnet link", Assert.Single(outcome.Error));
    }
}
