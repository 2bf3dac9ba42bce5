using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Discovery;
using TorrentPS.Engine.Tests.Trackers;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>
/// Sessions that find each other without a tracker: by peer exchange, local discovery and the peer cache.
/// </summary>
public sealed class DiscoveryTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_download_finds_its_seed_by_peer_exchange_with_a_third_peer()
    {
        using var content = new TestTorrent(32 * 1024, [], ("a.bin", 300_001));
        using var nothing = new TestTorrent(32 * 1024, [], ("a.bin", 300_001));
        await using TorrentSession seeds = new(content.LocalSession);
        await using TorrentSession thirds = new(nothing.LocalSession);
        await using TorrentSession leeches = new(content.LocalSession);
        seeds.Add(content.Metainfo, content.SeedSettings);
        Torrent third = thirds.Add(
            content.Metainfo, new TorrentSettings { Destination = nothing.Destination, DownloadLimit = 1000 });
        third.AddPeers([At(seeds)]);

        Torrent download = leeches.Add(content.Metainfo, Download(content) with { Peers = [At(thirds)] });
        TorrentResult result = await download.Completion.WaitAsync(s_limit);

        Assert.True(result.GoalReached);
        content.AssertDownloaded();
    }

    [Fact]
    public async Task A_download_finds_its_seed_by_local_discovery()
    {
        using var content = new TestTorrent(32 * 1024, [], ("a.bin", 300_001));
        await using TorrentSession seeds = new(content.LocalSession with { EnableLsd = true });
        await using TorrentSession leeches = new(content.LocalSession with { EnableLsd = true });
        seeds.Add(content.Metainfo, content.SeedSettings);

        TorrentResult result = await leeches.Add(content.Metainfo, Download(content)).Completion.WaitAsync(s_limit);

        Assert.True(result.GoalReached);
    }

    [Fact]
    public async Task After_a_restart_a_download_connects_to_the_peers_in_the_cache()
    {
        using var content = new TestTorrent(32 * 1024, [], ("a.bin", 300_001));
        SessionSettings settings = content.LocalSession with { PeerCache = PeerCacheLocation.File };
        await using TorrentSession seeds = new(content.LocalSession);
        seeds.Add(content.Metainfo, content.SeedSettings);
        await using (TorrentSession first = new(settings))
        {
            Torrent download = first.Add(content.Metainfo, Download(content) with { Peers = [At(seeds)] });
            await download.Completion.WaitAsync(s_limit);
        }

        Directory.Delete(content.Destination, recursive: true);

        await using TorrentSession second = new(settings);
        TorrentResult again = await second.Add(content.Metainfo, Download(content)).Completion.WaitAsync(s_limit);

        Assert.True(again.GoalReached);
        content.AssertDownloaded();
    }

    [Fact]
    public async Task A_cached_peer_is_connected_at_once_before_a_tracker_has_answered()
    {
        // The clock stands still, so that no timer fires.
        var time = new FakeTime();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var mayAnswer = new ManualResetEventSlim();
        await using var tracker = new FakeHttpTracker(_ =>
        {
            mayAnswer.Wait(s_limit);
            return FakeHttpTracker.Ok("d8:intervali1800e5:peers0:e"u8);
        });
        using var content = new TestTorrent(32 * 1024, [tracker.Url("/announce").AbsoluteUri], ("a.bin", 300_001));
        await using (var cache = new FilePeerCache(Path.Combine(content.State, "peers"), time))
            cache.Add(
                content.Metainfo.WireHash,
                [new CachedPeer((IPEndPoint)listener.LocalEndpoint, time.GetUtcNow(), 1000)]);

        await using TorrentSession session = new(
            content.LocalSession with { PeerCache = PeerCacheLocation.File }, time);
        Torrent download = session.Add(content.Metainfo, Download(content));
        using WirePeer cached = await WirePeer.AcceptAsync(listener);
        await cached.ReceiveAsync(frame => frame.IsExtended(0));

        Assert.Equal(PeerSource.Resume, Assert.Single(await download.GetPeersAsync()).Source);
        Assert.All(download.Trackers, status => Assert.Null(status.LastAnnounce));
        mayAnswer.Set();
    }

    private static IPEndPoint At(TorrentSession session) => new(IPAddress.Loopback, session.ListenPort!.Value);

    private static TorrentSettings Download(TestTorrent content) => new() { Destination = content.Destination };
}
