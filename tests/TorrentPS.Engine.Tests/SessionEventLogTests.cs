using System.Collections.ObjectModel;
using System.Diagnostics.Tracing;
using System.Net;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests;

/// <summary>The event log of sessions: what it keeps, and what its followers get.</summary>
public sealed class SessionEventLogTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public void An_event_has_all_fields_and_the_next_number()
    {
        var time = new FakeTime();
        var log = new SessionEventLog(time);
        var peer = new IPEndPoint(IPAddress.Loopback, 6881);
        var infoHash = new InfoHash(new byte[20]);
        log.Add(SessionEventKind.SettingsChanged, "Changed.");
        log.Add(SessionEventKind.PeerBanned, "Banned.", "name", infoHash, peer);
        Assert.Equal(
            [
                new SessionEvent { Number = 1, Time = time.GetUtcNow(), Kind = SessionEventKind.SettingsChanged, Message = "Changed." },
                new SessionEvent
                {
                    Number = 2,
                    Time = time.GetUtcNow(),
                    Kind = SessionEventKind.PeerBanned,
                    Torrent = "name",
                    InfoHash = infoHash,
                    Peer = peer,
                    Message = "Banned.",
                },
            ],
            log.GetEvents());
        Assert.Equal("PeerBanned: Banned.", log.GetEvents()[1].ToString());
    }

    [Fact]
    public void The_log_keeps_only_the_latest_events()
    {
        var log = new SessionEventLog();
        Add(log, SessionEventLog.Capacity + 3);
        IReadOnlyList<SessionEvent> kept = log.GetEvents();
        Assert.Equal(SessionEventLog.Capacity, kept.Count);
        Assert.Equal((4, SessionEventLog.Capacity + 3), (kept[0].Number, kept[^1].Number));
    }

    [Fact]
    public async Task A_follower_that_reads_in_time_gets_every_event_once()
    {
        var log = new SessionEventLog();
        Add(log, 5);
        await using IAsyncEnumerator<SessionEvent> follower = log.WatchAsync(after: 2).GetAsyncEnumerator();
        for (int number = 3; number <= 5; number++)
            Assert.Equal(number, await NextAsync(follower));
        for (int number = 6; number <= 5 * SessionEventLog.FollowerCapacity; number++)
        {
            Add(log, 1);
            Assert.Equal(number, await NextAsync(follower));
        }

        log.Complete();
        Assert.False(await follower.MoveNextAsync());
    }

    [Fact]
    public async Task A_follower_without_a_number_gets_only_new_events()
    {
        var log = new SessionEventLog();
        Add(log, 5);
        await using IAsyncEnumerator<SessionEvent> follower = log.WatchAsync().GetAsyncEnumerator();
        ValueTask<bool> waiting = follower.MoveNextAsync();
        Assert.False(waiting.IsCompleted);
        Add(log, 1);
        Assert.True(await waiting);
        Assert.Equal(6, follower.Current.Number);
    }

    [Fact]
    public async Task A_slow_follower_misses_the_oldest_events_and_is_told_how_many()
    {
        var log = new SessionEventLog();
        await using IAsyncEnumerator<SessionEvent> follower = log.WatchAsync().GetAsyncEnumerator();
        ValueTask<bool> waiting = follower.MoveNextAsync();
        Add(log, 1);
        Assert.True(await waiting);

        // Nothing is read meanwhile, and adding does not wait.
        Add(log, SessionEventLog.FollowerCapacity + 7);

        Assert.True(await follower.MoveNextAsync());
        Assert.Equal(SessionEventKind.EventsDropped, follower.Current.Kind);
        Assert.Equal("7 events are missing here: the reader was too slow.", follower.Current.Message);
        for (int number = 9; number < 9 + SessionEventLog.FollowerCapacity; number++)
            Assert.Equal(number, await NextAsync(follower));
    }

    [Fact]
    public async Task Events_that_the_log_no_longer_keeps_are_counted_as_missing()
    {
        var log = new SessionEventLog();
        Add(log, SessionEventLog.Capacity + 1);
        log.Complete();
        var read = new List<SessionEvent>();
        await foreach (SessionEvent entry in log.WatchAsync(after: 0))
            read.Add(entry);
        Assert.Equal("1 event is missing here: the reader was too slow.", read[0].Message);
        Assert.Equal(SessionEventLog.Capacity + 1, read.Count);
    }

    [Fact]
    public async Task A_follower_can_stop_waiting()
    {
        var log = new SessionEventLog();
        using var stop = new CancellationTokenSource();
        await using IAsyncEnumerator<SessionEvent> follower = log.WatchAsync(cancellation: stop.Token).GetAsyncEnumerator();
        ValueTask<bool> waiting = follower.MoveNextAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
    }

    [Fact]
    public void A_trace_listener_gets_the_events_under_their_kinds()
    {
        using var listener = new Listener();
        var log = new SessionEventLog();
        var peer = new IPEndPoint(IPAddress.Loopback, 6881);
        SessionEventKind[] kinds = [.. Enum.GetValues<SessionEventKind>().Where(kind => kind != SessionEventKind.EventsDropped)];
        foreach (SessionEventKind kind in kinds)
            log.Add(kind, $"message of {kind}", "traced torrent", new InfoHash(new byte[20]), peer);

        // Sessions of other tests write to the same source.
        EventWrittenEventArgs[] seen = [.. listener.Seen.ToArray().Where(entry => "traced torrent".Equals(entry.Payload![0]))];
        Assert.Equal(kinds.Select(kind => kind.ToString()), seen.Select(entry => entry.EventName));
        Assert.Equal(["Torrent", "InfoHash", "Peer", "Message"], seen[0].PayloadNames!);
        Assert.Equal(
            new ReadOnlyCollection<object?>(["traced torrent", new string('0', 40), "127.0.0.1:6881", "message of PeerConnected"]),
            seen[0].Payload!);
        Assert.Equal(EventLevel.Error, seen.Single(entry => entry.EventName == "StorageFault").Level);
    }

    private static void Add(SessionEventLog log, int count)
    {
        for (int i = 0; i < count; i++)
            log.Add(SessionEventKind.PeerConnected, "test");
    }

    private static async Task<long> NextAsync(IAsyncEnumerator<SessionEvent> follower)
    {
        Assert.True(await follower.MoveNextAsync().AsTask().WaitAsync(s_limit));
        Assert.NotEqual(SessionEventKind.EventsDropped, follower.Current.Kind);
        return follower.Current.Number;
    }

    private sealed class Listener : EventListener
    {
        public System.Collections.Concurrent.ConcurrentQueue<EventWrittenEventArgs> Seen { get; } = new();

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "TorrentPS")
                EnableEvents(eventSource, EventLevel.Informational);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) => Seen.Enqueue(eventData);
    }
}
