using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Tests.Trackers;

public sealed class TrackerAnnouncerTests : IAsyncDisposable
{
    private readonly FakeTime _time = new();
    private readonly FakeTrackerClient _client = new();
    private readonly Events _events = new();
    private AnnounceProgress _progress = new(Uploaded: 1, Downloaded: 2, Left: 3, Port: 6881);
    private TrackerAnnouncer? _announcer;

    public async ValueTask DisposeAsync()
    {
        if (_announcer is not null)
            await _announcer.DisposeAsync();
    }

    [Fact]
    public async Task Start_announces_to_the_tracker_and_reports_its_peers()
    {
        var announcer = Announcer(["http://a/"]);
        Assert.Equal(TrackerState.NotContacted, Assert.Single(announcer.Statuses).State);
        announcer.Start();
        var call = await _client.NextAsync();
        Assert.Equal(
            new AnnounceRequest
            {
                InfoHash = Samples.Hash,
                PeerId = Samples.Id,
                Port = 6881,
                Uploaded = 1,
                Downloaded = 2,
                Left = 3,
                Event = AnnounceEvent.Started,
                NumWant = 200,
                Key = call.Request.Key,
            },
            call.Request);
        call.Answer.SetResult(Samples.Response(1800, "1.2.3.4:5", "[::1]:6") with
        {
            Complete = 4,
            Incomplete = 9,
            WarningMessage = "slow",
            ExternalAddress = IPAddress.Parse("203.0.113.5"),
        });
        Assert.Equal("a: 1.2.3.4:5, [::1]:6", await _events.Peers.ReadAsync());
        Assert.Equal(IPAddress.Parse("203.0.113.5"), Assert.Single(_events.ExternalAddresses));

        var status = Assert.Single(announcer.Statuses);
        Assert.Equal(
            (TrackerState.Working, 4, 9, 2, "slow"),
            (status.State, status.Seeds, status.Leeches, status.PeersReceived, status.Message));
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromMinutes(30), status.NextAnnounce);
    }

    [Fact]
    public async Task After_the_interval_the_current_progress_is_announced()
    {
        Announcer(["http://a/"]).Start();
        var first = await _client.NextAsync();
        first.Answer.SetResult(Samples.Response(1800));
        await _time.TimerInAsync(TimeSpan.FromMinutes(30));
        _progress = _progress with { Left = 0 };
        _time.Advance(TimeSpan.FromMinutes(30));
        var second = await _client.NextAsync();
        Assert.Equal((AnnounceEvent.None, 0L, first.Request.Key), (second.Request.Event, second.Request.Left, second.Request.Key));
    }

    [Fact]
    public async Task When_a_tier_fails_the_next_is_asked_and_the_status_has_the_reason()
    {
        var announcer = Announcer(["http://a/"], ["http://b/"]);
        announcer.Start();
        (await _client.NextAsync()).Fail("no route");
        var backup = await _client.NextAsync();
        Assert.Equal("b", backup.Tracker.Host);
        backup.Answer.SetResult(Samples.Response(1800, "1.2.3.4:5"));
        await _events.Peers.ReadAsync();
        Assert.Equal(
            [("a", TrackerState.Failed, "no route", TrackerErrorKind.Unreachable), ("b", TrackerState.Working, null, null)],
            announcer.Statuses.Select(s => (s.Url.Host, s.State, s.Failure, s.FailureKind)));
    }

    [Fact]
    public async Task Completed_is_announced_without_waiting_for_the_interval()
    {
        var announcer = Announcer(["http://a/"]);
        announcer.Start();
        (await _client.NextAsync()).Answer.SetResult(Samples.Response(1800));
        await _time.TimerInAsync(TimeSpan.FromMinutes(30));
        announcer.NotifyCompleted();
        Assert.Equal(AnnounceEvent.Completed, (await _client.NextAsync()).Request.Event);
    }

    [Fact]
    public async Task AnnounceNow_announces_at_once_and_only_while_the_torrent_is_announced()
    {
        var announcer = Announcer(["http://a/"]);
        Assert.Null(announcer.AnnounceNow(force: true));
        announcer.Start();
        (await _client.NextAsync()).Answer.SetResult(Samples.Response(1800, "1.2.3.4:5"));
        await _time.TimerInAsync(TimeSpan.FromMinutes(30));
        Assert.Equal(_time.GetUtcNow(), announcer.AnnounceNow(force: false));
        Assert.Equal(AnnounceEvent.None, (await _client.NextAsync()).Request.Event);
    }

    [Fact]
    public async Task An_added_tracker_is_announced_to_and_a_removed_one_gets_stopped()
    {
        var announcer = Announcer(["http://a/"]);
        announcer.Start();
        (await _client.NextAsync()).Answer.SetResult(Samples.Response(1800));
        await _time.TimerInAsync(TimeSpan.FromMinutes(30));

        Assert.True(announcer.Add(new Uri("http://b/"), null));
        Assert.False(announcer.Add(new Uri("http://b/"), null));
        var added = await _client.NextAsync();
        Assert.Equal(("b", AnnounceEvent.Started), (added.Tracker.Host, added.Request.Event));
        added.Answer.SetResult(Samples.Response(1800, "1.2.3.4:5"));
        Assert.Equal("b: 1.2.3.4:5", await _events.Peers.ReadAsync());

        Assert.True(announcer.Remove(new Uri("http://a/")));
        Assert.False(announcer.Remove(new Uri("http://a/")));
        var removed = await _client.NextAsync();
        Assert.Equal(("a", AnnounceEvent.Stopped), (removed.Tracker.Host, removed.Request.Event));
        Assert.Equal("b", Assert.Single(announcer.Statuses).Url.Host);
    }

    [Fact]
    public async Task A_tracker_that_is_removed_during_its_announce_gets_stopped_after_its_answer()
    {
        var announcer = Announcer(["http://a/"]);
        announcer.Start();
        var started = await _client.NextAsync();
        Assert.True(announcer.Remove(new Uri("http://a/")));
        Assert.True(_client.IsQuiet);
        started.Answer.SetResult(Samples.Response(1800, "1.2.3.4:5"));
        Assert.Equal(AnnounceEvent.Stopped, (await _client.NextAsync()).Request.Event);
        Assert.Empty(announcer.Statuses);
    }

    [Fact]
    public async Task A_scrape_fills_in_the_counts_and_is_not_repeated_within_seconds()
    {
        var announcer = Announcer(["http://a/", "http://b/"]);
        _client.Scrape = tracker => tracker.Host == "a"
            ? new ScrapeCounts(3, 4, 5)
            : throw new TrackerException(TrackerErrorKind.ScrapeUnsupported, tracker, "no scrape");
        await announcer.ScrapeAsync(TimeSpan.FromSeconds(1), default);
        Assert.Equal(
            [("a", 3, 4, 5, null), ("b", null, null, null, "no scrape")],
            announcer.Statuses.OrderBy(s => s.Url.Host)
                .Select(s => (s.Url.Host, s.Seeds, s.Leeches, s.Completed, s.ScrapeFailure)));

        _client.Scrape = _ => new ScrapeCounts(9, 9, 9);
        await announcer.ScrapeAsync(TimeSpan.FromSeconds(1), default);
        Assert.Equal([3, 9], announcer.Statuses.Select(s => s.Seeds).Order());
        _time.Advance(TimeSpan.FromSeconds(30));
        await announcer.ScrapeAsync(TimeSpan.FromSeconds(1), default);
        Assert.Equal([9, 9], announcer.Statuses.Select(s => s.Seeds));
        Assert.All(announcer.Statuses, s => Assert.Equal((TrackerState.NotContacted, null), (s.State, s.ScrapeFailure)));
    }

    [Fact]
    public async Task Stop_announces_stopped_to_the_tracker_that_answered_started_and_requests_no_peers()
    {
        var announcer = Announcer(["http://a/"], ["http://b/"]);
        announcer.Start();
        (await _client.NextAsync()).Answer.SetResult(Samples.Response(1800));
        await _time.TimerInAsync(TimeSpan.FromMinutes(30));
        Task stopped = announcer.StopAsync(TimeSpan.FromSeconds(3));
        var call = await _client.NextAsync();
        Assert.Equal(("a", AnnounceEvent.Stopped, 0), (call.Tracker.Host, call.Request.Event, call.Request.NumWant));
        Assert.False(stopped.IsCompleted);
        call.Answer.SetResult(Samples.Response(1800));
        await stopped;
        Assert.True(_client.IsQuiet);
        announcer.NotifyCompleted();
        announcer.Start();
        Assert.True(_client.IsQuiet);
    }

    [Fact]
    public async Task A_download_that_stops_when_complete_announces_completed_and_stopped()
    {
        var announcer = Announcer(["http://a/"]);
        announcer.Start();
        (await _client.NextAsync()).Answer.SetResult(Samples.Response(1800));
        await _time.TimerInAsync(TimeSpan.FromMinutes(30));

        announcer.NotifyCompleted();
        Task stopped = announcer.StopAsync(TimeSpan.FromSeconds(3));

        // The loop may have sent it before the stop. It is sent again then.
        var call = await _client.NextAsync();
        Assert.Equal(AnnounceEvent.Completed, call.Request.Event);
        call.Answer.TrySetResult(Samples.Response(1800));
        call = await _client.NextAsync();
        if (call.Request.Event == AnnounceEvent.Completed)
        {
            call.Answer.SetResult(Samples.Response(1800));
            call = await _client.NextAsync();
        }

        Assert.Equal(AnnounceEvent.Stopped, call.Request.Event);
        call.Answer.SetResult(Samples.Response(1800));
        await stopped;
    }

    [Fact]
    public async Task A_tracker_that_does_not_respond_delays_the_stop_by_the_grace_time_at_most()
    {
        var announcer = Announcer(["http://a/"]);
        announcer.Start();
        await _client.NextAsync();
        Task stopped = announcer.StopAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(AnnounceEvent.Stopped, (await _client.NextAsync()).Request.Event);
        Assert.False(stopped.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(3));
        await stopped.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_tracker_that_fails_during_the_stop_is_ignored()
    {
        var announcer = Announcer(["http://a/"]);
        announcer.Start();
        (await _client.NextAsync()).Answer.SetResult(Samples.Response(1800));
        await _time.TimerInAsync(TimeSpan.FromMinutes(30));
        Task stopped = announcer.StopAsync(TimeSpan.FromSeconds(3));
        (await _client.NextAsync()).Fail();
        await stopped.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Without_trackers_or_without_a_start_nothing_is_announced()
    {
        var unstarted = Announcer(["http://a/"]);
        await unstarted.StopAsync(TimeSpan.FromSeconds(3));
        var empty = Announcer();
        empty.Start();
        await empty.StopAsync(TimeSpan.FromSeconds(3)).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(_client.IsQuiet);
    }

    private TrackerAnnouncer Announcer(params string[][] tiers) => _announcer = new TrackerAnnouncer(
        tiers.Select(tier => tier.Select(url => new Uri(url))),
        Samples.Hash,
        Samples.Id,
        1,
        () => _progress,
        _client,
        _events,
        _time,
        new Random(1));

    private sealed class Events : ITrackerEvents
    {
        public ConcurrentQueue<IPAddress> ExternalAddresses { get; } = new();

        public void ExternalAddressReported(Uri tracker, IPAddress address) => ExternalAddresses.Enqueue(address);

        private readonly Channel<string> _peers = Channel.CreateUnbounded<string>();

        public ChannelReader<string> Peers => _peers.Reader;

        public void PeersFound(Uri tracker, IReadOnlyList<IPEndPoint> peers) =>
            Assert.True(_peers.Writer.TryWrite($"{tracker.Host}: {string.Join(", ", peers)}"));

        public void Announced(TrackerStatus status) =>
            Assert.True(status.State is TrackerState.Working or TrackerState.Failed);
    }
}
