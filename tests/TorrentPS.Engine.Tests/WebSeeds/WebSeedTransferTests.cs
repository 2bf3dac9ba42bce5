using System.Net;
using TorrentPS.Engine.Tests.Session;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Tests.WebSeeds;

/// <summary>Whole downloads from a web server, through HTTP, swarm loop and storage.</summary>
public sealed class WebSeedTransferTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("/file.bin")]
    [InlineData("/")]
    public async Task A_single_file_is_fetched_by_its_own_URL_or_its_folders(string seed)
    {
        await using WebContent content = await WebContent.OfFileAsync(3_000_001, seed);
        TorrentResult result = await DownloadAsync(content);
        Assert.Equal(content.Metainfo.Size, result.Status.Downloaded);
        Assert.All(content.Server.Requests, request => Assert.Equal("/file.bin", request.Path));
        Assert.Equal(1, content.Server.Connections);
    }

    [Fact]
    public async Task Files_with_special_characters_are_requested_by_escaped_paths()
    {
        await using WebContent content = await WebContent.OfFilesAsync(
            [("a b & c#.bin", 200_000), ("100%?.txt", 10), ("été/ß+ü.bin", 150_000), ("x/y/[z]", 70_000), ("empty", 0)]);
        await DownloadAsync(content);
        Assert.Contains(content.Server.Requests, request => request.Path == "/content/a%20b%20%26%20c%23.bin");
        Assert.Contains(
            content.Server.Requests, request => request.Path == "/content/%C3%A9t%C3%A9/%C3%9F%2B%C3%BC.bin");
        Assert.DoesNotContain(
            content.Server.Requests, request => request.Path.Contains("empty", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Padding_files_are_never_requested()
    {
        await using WebContent content = await WebContent.OfFilesAsync(
            [("a", 100_000), ("b", 1), ("c", 65_536), ("d", 300_000)], MetainfoVersion.Hybrid);
        Assert.Contains(content.Metainfo.Files, file => file.IsPadding);
        await DownloadAsync(content);
        Assert.DoesNotContain(
            content.Server.Requests, request => request.Path.Contains("pad", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_private_torrent_uses_the_web_seeds_it_names()
    {
        await using WebContent content = await WebContent.OfFilesAsync([("a", 300_000)], isPrivate: true);
        Assert.True(content.Metainfo.IsPrivate);
        await DownloadAsync(content);
    }

    [Fact]
    public async Task Only_wanted_files_are_fetched_until_the_priorities_change()
    {
        await using WebContent content = await WebContent.OfFilesAsync(
            [("a", 300_000), ("b", 300_000), ("c", 300_000)]);
        await using var session = new TorrentSession(content.Session("leech"));
        Torrent download = session.Add(
            content.Metainfo, new TorrentSettings { Destination = content.Destination, Include = ["c"], StopWhen = StopWhen.Never });
        await download.ReachAsync(TorrentState.Finished);
        Assert.DoesNotContain(content.Server.Requests, request => request.Path == "/content/a");
        await download.ApplyAsync(settings => settings with { Include = [] });
        await download.ReachAsync(TorrentState.Seeding);
        content.AssertDownloaded();
        await UntilAsync(() => download.Status.WebSeeds == 0);
    }

    [Fact]
    public async Task Peers_and_a_web_seed_download_together()
    {
        await using WebContent content = await WebContent.OfFileAsync(6_000_000);
        await using var seeds = new TorrentSession(content.Session("seed"));
        await using var leeches = new TorrentSession(content.Session("leech"));
        Torrent seed = seeds.Add(content.Metainfo, Seeding(content) with { UploadLimit = 1_000_000 });
        await seed.ReachAsync(TorrentState.Seeding);
        Torrent download = leeches.Add(content.Metainfo, new TorrentSettings
        {
            Destination = content.Destination,
            Peers = [new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value)],
            DownloadLimit = 4_000_000,
        });
        TorrentResult result = await download.Completion.WaitAsync(s_limit);
        Assert.True(result.GoalReached);
        content.AssertDownloaded();
        await seed.StopAsync();
        long fromWeb = content.Server.Requests.Sum(
            request => request.Range!.Value.Last - request.Range.Value.First + 1);
        Assert.InRange(seed.Status.Uploaded, 1, content.Metainfo.Size - 1);
        Assert.InRange(fromWeb, 1, content.Metainfo.Size);
    }

    [Fact]
    public async Task A_server_with_wrong_data_is_banned_and_a_peer_completes_the_download()
    {
        await using WebContent content = await WebContent.OfFileAsync(2_000_000);
        byte[] wrong = [.. content.Server.Files["/file.bin"]];
        for (int i = 0; i < wrong.Length; i += 1000)
            wrong[i] ^= 1;
        content.Server.Files["/file.bin"] = wrong;
        await using var seeds = new TorrentSession(content.Session("seed"));
        await using var leeches = new TorrentSession(content.Session("leech"));
        Torrent download = leeches.Add(content.Metainfo, new TorrentSettings { Destination = content.Destination });
        await download.ReachAsync(TorrentState.Downloading);
        await content.Server.AskedAsync(1);
        await UntilAsync(() => download.Status is { HashFailed: > 0, WebSeeds: 0 });
        int asked = content.Server.Requests.Count;
        string warning = Assert.Single(leeches.Discovery.Warnings);
        Assert.Contains(content.Server.Url("/file.bin"), warning, StringComparison.Ordinal);
        Assert.Contains("match the torrent's hashes", warning, StringComparison.Ordinal);

        await seeds.Add(content.Metainfo, Seeding(content)).ReachAsync(TorrentState.Seeding);
        download.AddPeers([new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value)]);
        TorrentResult result = await download.Completion.WaitAsync(s_limit);
        Assert.True(result.GoalReached);
        content.AssertDownloaded();
        Assert.Equal(asked, content.Server.Requests.Count);
        Assert.InRange(result.Status.HashFailed, 1, 4 * WebContent.PieceLength);
    }

    [Fact]
    public async Task A_web_seed_is_shown_among_the_peers_and_counted_apart()
    {
        await using WebContent content = await WebContent.OfFileAsync(2_000_000);
        var hold = new TaskCompletionSource();
        content.Server.Answer = request => content.Server.Serve(request) with { Between = hold.Task };
        await using var session = new TorrentSession(content.Session("leech"));
        Torrent download = session.Add(content.Metainfo, new TorrentSettings { Destination = content.Destination });
        await content.Server.AskedAsync(1);
        PeerStatus seed = Assert.Single(await download.GetPeersAsync());
        Assert.Equal((PeerSource.WebSeed, "web seed", 100.0), (seed.Source, seed.Client, seed.Progress));
        Assert.Equal(content.Server.Url("/file.bin"), seed.Url?.AbsoluteUri);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, content.Server.Port), seed.EndPoint);
        await UntilAsync(() => download.Status.WebSeeds == 1);
        Assert.Equal((0, 0), (download.Status.Peers, download.Status.Seeds));

        // Stopping does not wait for the server.
        await download.StopAsync().WaitAsync(s_limit);
        Assert.Equal(TorrentState.Stopped, download.Status.State);
        hold.SetResult();
    }

    [Fact]
    public async Task A_download_from_a_web_seed_can_pause_and_resume()
    {
        await using WebContent content = await WebContent.OfFileAsync(2_000_000);
        await using var session = new TorrentSession(content.Session("leech"));
        Torrent download = session.Add(
            content.Metainfo, new TorrentSettings { Destination = content.Destination, DownloadLimit = 200_000 });
        await content.Server.AskedAsync(1);
        download.Pause();
        await download.ReachAsync(TorrentState.Paused);
        await UntilAsync(() => download.Status.WebSeeds == 0);
        await download.ApplyAsync(settings => settings with { DownloadLimit = null });
        download.Resume();
        Assert.True((await download.Completion.WaitAsync(s_limit)).GoalReached);
        content.AssertDownloaded();
    }

    [Fact]
    public async Task A_download_whose_only_web_seed_is_in_back_off_meets_its_stall_timeout()
    {
        await using WebContent content = await WebContent.OfFileAsync(100_000);
        content.Server.Answer = _ =>
            new WebAnswer("503 Service Unavailable", default) { Headers = "Retry-After: 3600\r\n" };
        await using var session = new TorrentSession(content.Session("leech"));
        Torrent download = session.Add(
            content.Metainfo,
            new TorrentSettings { Destination = content.Destination, StallTimeout = TimeSpan.FromSeconds(1) });
        TorrentResult result = await download.Completion.WaitAsync(s_limit);
        Assert.Equal(TorrentFaultId.StallTimeout, result.Status.Fault?.Id);
    }

    [Fact]
    public async Task Web_seeds_can_be_disabled()
    {
        await using WebContent content = await WebContent.OfFileAsync(100_000);
        await using var session = new TorrentSession(content.Session("leech") with { EnableWebSeeds = false });
        Torrent download = session.Add(content.Metainfo, new TorrentSettings { Destination = content.Destination });
        await download.ReachAsync(TorrentState.Downloading);
        Assert.Empty(await download.GetPeersAsync());
        await session.DisposeAsync();
        Assert.Empty(content.Server.Requests);
    }

    [Fact]
    public async Task A_magnet_link_with_web_seeds_needs_a_peer_for_the_metadata_only()
    {
        await using WebContent content = await WebContent.OfFilesAsync(
            [("a b", 300_000), ("c", 200_000)], seeds: _ => ["http://127.0.0.1:9/nobody/"]);
        MagnetLink link = content.Metainfo.ToMagnet() with { WebSeeds = [content.Server.Url()] };
        await using var others = new TorrentSession(content.Session("other") with { EnableWebSeeds = false });
        await using var leeches = new TorrentSession(content.Session("leech"));

        // It has the metadata and no content.
        Torrent other = others.Add(
            content.Metainfo, new TorrentSettings { Destination = content.Destination + "-other" });
        await other.ReachAsync(TorrentState.Downloading);
        link = MagnetLink.Parse(link.ToString()) with
        {
            Peers = [new HostEndPoint(
            "127.0.0.1", others.ListenPort!.Value)]
        };
        Torrent download = leeches.Add(link, new TorrentSettings { Destination = content.Destination });
        Assert.True((await download.Completion.WaitAsync(s_limit)).GoalReached);
        content.AssertDownloaded();
        Assert.Equal([content.Server.Url()], TorrentMetainfo.Parse(download.Metainfo!.ToTorrentFile()).WebSeeds);

        // The next start of the magnet link uses the stored metadata and web seeds.
        await others.DisposeAsync();
        Directory.Delete(content.Destination, recursive: true);
        download = leeches.Add(
            link with { Peers = [], WebSeeds = [] }, new TorrentSettings { Destination = content.Destination });
        Assert.True((await download.Completion.WaitAsync(s_limit)).GoalReached);
        content.AssertDownloaded();
    }

    private static TorrentSettings Seeding(WebContent content) =>
        new() { Destination = Path.GetDirectoryName(content.Source)!, Role = TorrentRole.Seed, StopWhen = StopWhen.Never };

    /// <summary>Waits for what only the next status tells, a quarter second away.</summary>
    private static async Task UntilAsync(Func<bool> holds)
    {
        using var timeout = new CancellationTokenSource(s_limit);
        while (!holds())
            await Task.Delay(10, timeout.Token);
    }

    private static async Task<TorrentResult> DownloadAsync(WebContent content)
    {
        await using var session = new TorrentSession(content.Session("leech"));
        Torrent download = session.Add(content.Metainfo, new TorrentSettings { Destination = content.Destination });
        TorrentResult result = await download.Completion.WaitAsync(s_limit);
        Assert.True(result.GoalReached);
        content.AssertDownloaded();
        await session.DisposeAsync();
        Assert.Equal(0, session.BlocksOutstanding);
        return result;
    }
}
