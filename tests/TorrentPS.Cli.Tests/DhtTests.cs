using System.Net;
using System.Text.Json;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli.Tests;

/// <summary>
/// Searches a DHT of three nodes on loopback: one without bootstrap nodes, a seed that bootstraps from it, and the
/// console.
/// </summary>
public sealed class DhtTests : IAsyncLifetime, IAsyncDisposable
{
    private TorrentSession _router = null!;
    private TorrentSession _seeding = null!;
    private Workspace _space = null!;

    public async Task InitializeAsync()
    {
        _space = await Workspace.CreateAsync();
        _router = new TorrentSession(Loopback("router") with { DhtBootstrap = [] });
        _router.OpenDht();
        _seeding = new TorrentSession(Loopback("seed") with { DhtBootstrap = [Router] });
    }

    public async ValueTask DisposeAsync()
    {
        await _seeding.DisposeAsync();
        await _router.DisposeAsync();
        _space.Dispose();
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    [Fact]
    public async Task Peers_are_written_as_they_are_found()
    {
        string hash = await SeedAsync();
        string[] search =
            ["dht", "find", hash, "--bind", "127.0.0.1", "--port", "0", "--dht-bootstrap", Router, "--count", "1"];

        Outcome text = await Tool.RunAsync(search);
        Outcome json = await Tool.RunAsync([.. search, "--json"]);

        Assert.Equal((0, $"127.0.0.1:{_seeding.ListenPort}"), (text.Code, Assert.Single(text.Out)));
        Assert.Equal(0, json.Code);
        JsonElement peer = json.Result;
        Assert.Equal("127.0.0.1", peer.GetProperty("Address").GetString());
        Assert.Equal(_seeding.ListenPort, peer.GetProperty("Port").GetInt32());
        Assert.Equal("Dht", peer.GetProperty("Source").GetString());
        Assert.Equal(hash, peer.GetProperty("InfoHash").GetString());
    }

    [Fact]
    public async Task A_torrent_without_peers_fails_with_one_line()
    {
        Outcome outcome = await Tool.RunAsync(
            "dht", "find", "magnet:?xt=urn:btih:0123456789012345678901234567890123456789", "--bind", "127.0.0.1",
                "--port", "0", "--dht-bootstrap", Router);

        Assert.Equal(1, outcome.Code);
        Assert.Empty(outcome.Out);
        Assert.Contains("no peers found in the DHT", Assert.Single(outcome.Error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_DHT_that_does_not_respond_fails_with_one_line()
    {
        Outcome outcome = await Tool.RunAsync(
            "dht", "find", "0123456789012345678901234567890123456789", "--bind", "127.0.0.1", "--port", "0",
                "--dht-bootstrap", "127.0.0.1:9", "--timeout", "1");

        Assert.Equal(1, outcome.Code);
        Assert.Contains("no DHT node responded", Assert.Single(outcome.Error), StringComparison.Ordinal);
    }

    private string Router => $"127.0.0.1:{_router.Dht!.Port}";

    private SessionSettings Loopback(string name) => new()
    {
        Port = 0,
        BindAddress = IPAddress.Loopback,
        StateFolder = Path.Combine(_space.Folder, name),
        EnableLsd = false,
        EnablePortMapping = false,
        PeerCache = PeerCacheLocation.None,
    };

    /// <summary>Seeds the content, and waits until the first node has stored the seed as a peer.</summary>
    private async Task<string> SeedAsync()
    {
        TorrentMetainfo metainfo = TorrentMetainfo.Parse(await File.ReadAllBytesAsync(_space.Torrent));
        _seeding.Add(
            metainfo,
            new TorrentSettings { Destination = _space.Data, Role = TorrentRole.Seed, StopWhen = StopWhen.Never });
        using var limit = new CancellationTokenSource(Tool.Limit);
        while (_router.Dht!.Nodes.Sum(node => node.StoredPeers) == 0)
            await Task.Delay(50, limit.Token);
        return metainfo.WireHash.ToString();
    }
}
