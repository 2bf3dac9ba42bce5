using System.Net;

namespace TorrentPS.Engine.Tests.Session;

public sealed class TorrentQueueTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public void Torrents_start_in_order_as_others_leave()
    {
        var queue = new TorrentQueue(2);
        var admitted = new List<int>();
        TorrentQueue.Place[] places =
            [.. Enumerable.Range(0, 5).Select(number => new TorrentQueue.Place(queue, () => admitted.Add(number)))];
        foreach (TorrentQueue.Place place in places)
            place.Enter();
        Assert.Equal([0, 1], admitted);
        places[2].Leave();
        Assert.Equal([0, 1], admitted);
        places[1].Leave();
        places[1].Leave();
        Assert.Equal([0, 1, 3], admitted);
        places[0].Leave();
        Assert.Equal([0, 1, 3, 4], admitted);
    }

    [Fact]
    public void A_limit_below_one_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TorrentQueue(0));

    [Fact]
    public async Task Queued_torrents_download_one_after_the_other()
    {
        using var first = new TestTorrent(16 * 1024, [], ("first", 100_000));
        using var second = new TestTorrent(16 * 1024, [], ("second", 100_000));
        await using var seeds = new TorrentSession(first.LocalSession);
        await using var leeches = new TorrentSession(first.LocalSession);
        var queue = new TorrentQueue(1);
        Torrent waiting = leeches.Add(first.Metainfo, new TorrentSettings { Destination = first.Destination }, queue);
        Torrent next = leeches.Add(
            second.Metainfo,
            new TorrentSettings { Destination = second.Destination, Peers = [await AddressOfSeed(seeds, second)] },
            queue);
        await waiting.ReachAsync(TorrentState.Downloading);
        Assert.Equal(TorrentState.Queued, next.Status.State);

        waiting.AddPeers([await AddressOfSeed(seeds, first)]);
        TorrentResult result = await next.Completion.WaitAsync(s_limit);
        Assert.True(waiting.Completion.IsCompleted || waiting.Status.HasEnded);
        Assert.True(result.GoalReached);
        Assert.True(result.Status.Elapsed <= DateTimeOffset.UtcNow - result.Status.Added);
        second.AssertDownloaded();
    }

    [Fact]
    public async Task A_torrent_that_is_stopped_or_has_everything_gives_its_place_away()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 100_000));
        using var other = new TestTorrent(16 * 1024, [], ("b", 100_000));
        using var last = new TestTorrent(16 * 1024, [], ("c", 100_000));
        await using var session = new TorrentSession(content.LocalSession);
        var queue = new TorrentQueue(1);
        Torrent complete = session.Add(
            content.Metainfo, new TorrentSettings { Destination = content.Source, StopWhen = StopWhen.Never }, queue);
        Torrent lacking = session.Add(other.Metainfo, new TorrentSettings { Destination = other.Destination }, queue);
        Torrent third = session.Add(last.Metainfo, new TorrentSettings { Destination = last.Destination }, queue);
        await lacking.ReachAsync(TorrentState.Downloading);
        Assert.Equal(TorrentState.Seeding, complete.Status.State);
        Assert.Equal(TorrentState.Queued, third.Status.State);
        await lacking.StopAsync();
        await third.ReachAsync(TorrentState.Downloading);
    }

    private static async Task<IPEndPoint> AddressOfSeed(TorrentSession seeds, TestTorrent content)
    {
        await content.SeedAsync(seeds);
        return new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value);
    }
}
