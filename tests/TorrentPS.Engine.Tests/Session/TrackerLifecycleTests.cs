using System.Text.RegularExpressions;
using TorrentPS.Engine.Tests.Trackers;

namespace TorrentPS.Engine.Tests.Session;

/// <summary>The events that a tracker hears when a torrent is stopped, paused and started again.</summary>
public sealed partial class TrackerLifecycleTests : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly FakeHttpTracker _tracker;
    private readonly TestTorrent _content;
    private readonly ManualResetEventSlim _mayAnswer = new(true);

    public TrackerLifecycleTests()
    {
        _tracker = new FakeHttpTracker(_ =>
        {
            _mayAnswer.Wait(s_limit);
            return FakeHttpTracker.Ok(
                "d8:intervali1800e12:min intervali900e5:peers6:\u000a\u0000\u0000\u0001\u001a\u000ae"u8);
        });
        _content = new TestTorrent(16 * 1024, [_tracker.Url("/announce").AbsoluteUri], ("a", 50_000));
    }

    /// <summary>A session with the peer cache, as by default. Its clock stands still, so that no timer fires.</summary>
    private TorrentSession NewSession() =>
        new(_content.LocalSession with { PeerCache = PeerCacheLocation.File }, new FakeTime());

    public async ValueTask DisposeAsync()
    {
        await _tracker.DisposeAsync();
        _content.Dispose();
        _mayAnswer.Dispose();
    }

    [Fact]
    public async Task A_new_session_announces_started_at_once_although_the_trackers_interval_has_not_passed()
    {
        for (int i = 0; i < 2; i++)
        {
            await using TorrentSession session = NewSession();
            await _content.SeedAsync(session);
            Assert.Equal("started left=0", await NextEventAsync());
            await session.DisposeAsync();
            Assert.Equal("stopped left=0", await NextEventAsync());
        }
    }

    [Fact]
    public async Task A_torrent_that_is_added_again_announces_started_at_once()
    {
        await using TorrentSession session = NewSession();
        for (int i = 0; i < 2; i++)
        {
            Torrent seed = await _content.SeedAsync(session);
            Assert.Equal("started left=0", await NextEventAsync());
            await session.RemoveAsync(seed);
            Assert.Equal("stopped left=0", await NextEventAsync());
        }
    }

    [Fact]
    public async Task A_resumed_torrent_announces_started_only_after_the_tracker_has_answered_stopped()
    {
        await using TorrentSession session = NewSession();
        Torrent seed = await _content.SeedAsync(session);
        Assert.Equal("started left=0", await NextEventAsync());
        await WaitForAsync(session, SessionEventKind.TrackerAnswered);

        // While the tracker delays its answer, the clock stands still, so that the grace does not end.
        _mayAnswer.Reset();
        seed.Pause();
        Assert.Equal("stopped left=0", await NextEventAsync());
        seed.Resume();
        await seed.ReachAsync(TorrentState.Seeding);
        Assert.All(seed.Trackers, tracker => Assert.Equal(TrackerState.NotContacted, tracker.State));

        _mayAnswer.Set();
        Assert.Equal("started left=0", await NextEventAsync());
    }

    [Fact]
    public async Task A_torrent_whose_trackers_all_fail_warns_with_their_messages_until_one_works()
    {
        await using var refusing = new FakeHttpTracker(_ => FakeHttpTracker.Ok("d14:failure reason12:unregisterede"u8));
        using var content = new TestTorrent(
            16 * 1024, [refusing.Url("/announce?passkey=secret").AbsoluteUri], ("a", 50_000));
        await using TorrentSession session = new(content.LocalSession);
        Torrent seed = await content.SeedAsync(session);
        await WaitForAsync(session, SessionEventKind.TrackerFailed);

        string warning = Assert.Single(seed.Warnings);
        Assert.StartsWith($"The tracker of 'content' fails. http://127.0.0.1:{refusing.Port}: ", warning);
        Assert.Contains("unregistered", warning);
        Assert.DoesNotContain("secret", warning);
        Assert.Equal([warning], session.Discovery.Warnings);

        Assert.True(seed.AddTracker(_tracker.Url("/announce")));
        await WaitForAsync(session, SessionEventKind.TrackerAnswered);
        Assert.Empty(seed.Warnings);
        Assert.Equal(
            [TrackerState.Failed, TrackerState.Working], seed.Trackers.Select(tracker => tracker.State));

        await session.RemoveAsync(seed);
        Assert.Empty(session.Discovery.Warnings);
    }

    [Fact]
    public async Task Added_and_removed_trackers_stay_so_over_a_pause()
    {
        await using TorrentSession session = new(_content.LocalSession);
        Torrent seed = await _content.SeedAsync(session);
        Assert.Equal("started left=0", await NextEventAsync());
        await WaitForAsync(session, SessionEventKind.TrackerAnswered);
        Assert.True(seed.AddTracker(_tracker.Url("/announce?key=2"), tier: 0));
        Assert.False(seed.AddTracker(_tracker.Url("/announce?key=2")));
        Assert.Equal("started left=0", await NextEventAsync());
        Assert.True(seed.RemoveTracker(_tracker.Url("/announce")));
        Assert.False(seed.RemoveTracker(_tracker.Url("/announce")));
        Assert.Equal("stopped left=0", await NextEventAsync());

        seed.Pause();
        await seed.ReachAsync(TorrentState.Paused);
        Assert.Null(seed.AnnounceNow());
        seed.Resume();
        await seed.ReachAsync(TorrentState.Seeding);
        Assert.Equal("/announce?key=2", Assert.Single(seed.Trackers).Url.PathAndQuery);
    }

    [Theory]
    [InlineData("wss://tracker.example/announce")]
    [InlineData("udp://tracker.example/announce")]
    [InlineData("file:///etc/passwd")]
    public async Task A_URL_that_is_no_tracker_is_refused(string url)
    {
        await using TorrentSession session = new(_content.LocalSession);
        Torrent seed = await _content.SeedAsync(session);

        SessionException error = Assert.Throws<SessionException>(() => seed.AddTracker(new Uri(url)));

        Assert.Equal(SessionErrorId.InvalidTracker, error.Id);
        Assert.Single(seed.Trackers);
    }

    private static async Task WaitForAsync(TorrentSession session, SessionEventKind kind) =>
        await session.Events.WatchAsync(after: 0).FirstAsync(entry => entry.Kind == kind).AsTask().WaitAsync(s_limit);

    /// <summary>Waits for the next announce, and returns its event and its bytes left.</summary>
    private async Task<string> NextEventAsync()
    {
        string target = (await _tracker.NextAsync()).Target;
        return $"{Event().Match(target).Groups[1].Value} {Left().Match(target).Value}";
    }

    [GeneratedRegex("event=([a-z]+)")]
    private static partial Regex Event();

    [GeneratedRegex("left=[0-9]+")]
    private static partial Regex Left();
}
