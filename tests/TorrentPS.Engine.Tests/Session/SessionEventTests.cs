using System.Net;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>The events of whole transfers between two sessions over loopback.</summary>
public sealed class SessionEventTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_download_by_magnet_link_leaves_its_story_in_the_log()
    {
        await using var tracker = new FakeHttpTracker(_ => FakeHttpTracker.Ok("d8:intervali900e5:peers0:e"u8));
        await using var failing = new FakeHttpTracker(_ => FakeHttpTracker.Ok("d14:failure reason4:Nopee"u8));
        using var content = new TestTorrent(16 * 1024, [], ("a", 100_000));
        await using var seeds = new TorrentSession(content.LocalSession);
        await using var leeches = new TorrentSession(
            content.LocalSession with { StateFolder = Path.Combine(content.State, "leeches") });
        var seeding = content.SeedSettings;
        await seeds.Add(content.Metainfo, seeding).ReachAsync(TorrentState.Seeding);
        var there = new IPEndPoint(IPAddress.Loopback, seeds.ListenPort!.Value);

        // Each tracker of a link is a tier of its own: the second is asked because the first failed.
        MagnetLink link = content.Metainfo.ToMagnet() with
        {
            Trackers = [$"{failing.Url("/announce/secret")}", $"{tracker.Url("/announce/secret")}"],
        };
        var settings = new TorrentSettings
        {
            Destination = content.Destination,
            Peers = [there],
            StopWhen = StopWhen.Never,
        };

        Torrent download = leeches.Add(link, settings);
        await download.ReachAsync(TorrentState.Seeding);
        await download.ApplyAsync(before => before with { MaxPeers = 7, UploadLimit = 1 << 20 });
        await download.ApplyAsync(before => before);
        await leeches.ApplyAsync(before => before with { EnablePex = false });
        await UntilAsync(leeches, SessionEventKind.TrackerAnswered);
        await UntilAsync(leeches, SessionEventKind.TrackerFailed);
        await download.StopAsync().WaitAsync(s_limit);

        SessionEvent session = Assert.Single(leeches.Events.GetEvents(), entry => entry.Torrent is null);
        Assert.Equal(
            (SessionEventKind.SettingsChanged, "Settings changed: EnablePex True → False."),
            (session.Kind, session.Message));
        SessionEvent[] events = [.. leeches.Events.GetEvents().Where(entry => entry.Torrent is not null)];
        Assert.All(events, entry => Assert.Equal("content", entry.Torrent));
        Assert.All(events, entry => Assert.Equal(content.Metainfo.WireHash, entry.InfoHash));
        Assert.DoesNotContain(events, entry => entry.Message.Contains("secret", StringComparison.Ordinal));
        Assert.Equal(
            ["DownloadingMetadata", "Checking", "Downloading", "Seeding", "Stopped"],
            events.Where(entry => entry.Kind == SessionEventKind.StateChanged).Select(
                entry => entry.Message.TrimEnd('.').Split(' ')[^1]));
        Assert.Equal(
            $"Received the metadata from peers: {content.Metainfo.InfoBytes.Length} bytes.", Only(
                events, SessionEventKind.MetadataReceived).Message);
        Assert.Equal(
            "Settings changed: MaxPeers 100 → 7, UploadLimit unset → 1048576.", Only(
                events, SessionEventKind.SettingsChanged).Message);
        Assert.Equal(
            $"Added as a download to '{content.Destination}'. The metadata is downloaded from peers.",
            Only(events, SessionEventKind.TorrentAdded).Message);
        Assert.Equal(
            "Content: 97.7 KiB in 1 file, 7 pieces of 16.0 KiB.", Only(events, SessionEventKind.FilesSelected).Message);
        Assert.Equal(
            "Checked the data on disk: 0 of 7 pieces are verified.", Only(events, SessionEventKind.DataChecked).Message);
        Assert.Contains(" from 1 peer, ", Only(events, SessionEventKind.DownloadCompleted).Message);
        Assert.StartsWith("Ended after ", Only(events, SessionEventKind.TorrentEnded).Message);
        Assert.Equal(there, Only(events, SessionEventKind.PeerConnected).Peer);
        Assert.Equal(there, Only(events, SessionEventKind.PeerDisconnected).Peer);
        Assert.StartsWith(
            $"http://127.0.0.1:{tracker.Port} answered with 0 peers.",
            events.First(entry => entry.Kind == SessionEventKind.TrackerAnswered).Message);
        string failure = events.First(entry => entry.Kind == SessionEventKind.TrackerFailed).Message;
        Assert.StartsWith($"The announce to http://127.0.0.1:{failing.Port} failed: ", failure);
        Assert.Contains("Nope", failure);
    }

    [Fact]
    public async Task A_follower_gets_all_events_up_to_the_end_of_the_session()
    {
        using var content = new TestTorrent(16 * 1024, [], ("a", 100_000));
        var session = new TorrentSession(content.LocalSession);
        Task<List<SessionEvent>> following = ReadAsync(session.Events);
        await session.Add(content.Metainfo, new TorrentSettings { Destination = content.Source }).Completion.WaitAsync(
            s_limit);
        await session.DisposeAsync();
        Assert.Equal(session.Events.GetEvents(), await following.WaitAsync(s_limit));
        Assert.Equal(session.Events.GetEvents(), await ReadAsync(session.Events).WaitAsync(s_limit));
    }

    [Fact]
    public async Task Sessions_can_share_a_log_that_outlives_them()
    {
        var log = new SessionEventLog();
        using var content = new TestTorrent(16 * 1024, [], ("a", 100_000));
        for (int run = 1; run <= 2; run++)
        {
            await using var session = new TorrentSession(content.LocalSession, events: log);
            Assert.Same(log, session.Events);
            await session.Add(
                content.Metainfo, new TorrentSettings { Destination = content.Source }).Completion.WaitAsync(s_limit);
        }

        Assert.Equal(2, log.GetEvents().Count(entry => entry.Message == "Started in state Checking."));
        await using IAsyncEnumerator<SessionEvent> follower = log.WatchAsync().GetAsyncEnumerator();
        Task<bool> waiting = follower.MoveNextAsync().AsTask();
        Assert.False(waiting.IsCompleted);
        log.Complete();
        Assert.False(await waiting);
    }

    private static SessionEvent Only(SessionEvent[] events, SessionEventKind kind) =>
        Assert.Single(events, entry => entry.Kind == kind);

    private static async Task<List<SessionEvent>> ReadAsync(SessionEventLog log)
    {
        var read = new List<SessionEvent>();
        await foreach (SessionEvent entry in log.WatchAsync(after: 0))
            read.Add(entry);
        return read;
    }

    private static async Task UntilAsync(TorrentSession session, SessionEventKind kind)
    {
        using var limit = new CancellationTokenSource(s_limit);
        await foreach (SessionEvent entry in session.Events.WatchAsync(after: 0, limit.Token))
        {
            if (entry.Kind == kind)
                return;
        }
    }
}
