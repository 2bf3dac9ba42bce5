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
    public async Task Starting_tells_the_tracker_and_its_peers_reach_the_swarm()
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
        call.Answer.SetResult(Samples.Response(1800, "1.2.3.4:5", "[::1]:6") with { Complete = 4, Incomplete = 9, WarningMessage = "slow" });
        Assert.Equal("a: 1.2.3.4:5, [::1]:6", await _events.Peers.ReadAsync());

        var status = Assert.Single(announcer.Statuses);
        Assert.Equal((TrackerState.Working, 4, 9, 2, "slow"), (status.State, status.Seeds, status.Leeches, status.PeersReceived, status.Message));
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromMinutes(30), status.NextAnnounce);
    }

    [Fact]
    public async Task After_the_interval_the_tracker_hears_the_progress_made()
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
    public async Task When_a_tier_fails_the_next_is_asked_and_the_reason_shown()
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
        Assert.Equal(
            ["a Announcing", "a Failed", "b Announcing", "b Working"],
            _events.Changes.Select(s => $"{s.Url.Host} {s.State}"));
    }

    [Fact]
    public async Task Completion_is_told_without_waiting_for_the_interval()
    {
        var announcer = Announcer(["http://a/"]);
        announcer.Start();
        (await _client.NextAsync()).Answer.SetResult(Samples.Response(1800));
        await _time.TimerInAsync(TimeSpan.FromMinutes(30));
        announcer.NotifyCompleted();
        Assert.Equal(AnnounceEvent.Completed, (await _client.NextAsync()).Request.Event);
    }

    [Fact]
    public async Task Asking_for_peers_brings_the_next_announce_forward()
    {
        var announcer = Announcer(["http://a/"]);
        announcer.Start();
        (await _client.NextAsync()).Answer.SetResult(Samples.Response(1800, "1.2.3.4:5"));
        await _time.TimerInAsync(TimeSpan.FromMinutes(30));
        announcer.AnnounceNow();
        await _time.TimerInAsync(TimeSpan.FromSeconds(60));
        Assert.True(_client.IsQuiet);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(AnnounceEvent.None, (await _client.NextAsync()).Request.Event);
    }

    [Fact]
    public async Task Stopping_tells_the_tracker_that_heard_started_and_asks_for_no_peers()
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
    public async Task A_download_that_stops_the_moment_it_is_complete_tells_the_tracker_both()
    {
        var announcer = Announcer(["http://a/"]);
        announcer.Start();
        (await _client.NextAsync()).Answer.SetResult(Samples.Response(1800));
        await _time.TimerInAsync(TimeSpan.FromMinutes(30));

        announcer.NotifyCompleted();
        Task stopped = announcer.StopAsync(TimeSpan.FromSeconds(3));

        // The pump may have begun to say it before it was stopped; it is said again then.
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
    public async Task A_tracker_that_does_not_answer_holds_up_the_stop_no_longer_than_the_grace()
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
    public async Task A_tracker_that_fails_at_the_stop_is_let_go()
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
    public async Task Without_trackers_and_without_a_start_there_is_nothing_to_tell()
    {
        var unstarted = Announcer(["http://a/"]);
        await unstarted.StopAsync(TimeSpan.FromSeconds(3));
        var empty = Announcer();
        empty.Start();
        await empty.StopAsync(TimeSpan.FromSeconds(3)).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(_client.IsQuiet);
    }

    private TrackerAnnouncer Announcer(params string[][] tiers) => _announcer = new TrackerAnnouncer(
        tiers.Select(tier => tier.Select(url => new Uri(url))), Samples.Hash, Samples.Id, () => _progress, _client, _events, _time, new Random(1));

    private sealed class Events : ITrackerEvents
    {
        private readonly Channel<string> _peers = Channel.CreateUnbounded<string>();

        public ChannelReader<string> Peers => _peers.Reader;

        public List<TrackerStatus> Changes { get; } = [];

        public void PeersFound(Uri tracker, IReadOnlyList<IPEndPoint> peers) =>
            Assert.True(_peers.Writer.TryWrite($"{tracker.Host}: {string.Join(", ", peers)}"));

        public void TrackerChanged(TrackerStatus status) => Changes.Add(status);
    }
}
