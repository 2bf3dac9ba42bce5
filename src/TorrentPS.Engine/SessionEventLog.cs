using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <summary>
/// The latest events of a session, or of several sessions that share the log. Thread-safe. Adding an event never waits
/// for a reader.
/// </summary>
/// <param name="time">The clock; <see langword="null"/> means the system clock.</param>
public sealed class SessionEventLog(TimeProvider? time = null)
{
    /// <summary>
    /// Maximum number of events kept. When it is exceeded, the oldest event is dropped. A busy torrent adds 4,096
    /// events in about an hour, and they take about 1 MiB.
    /// </summary>
    public const int Capacity = 4096;

    /// <summary>
    /// Maximum number of unread events kept for one follower, that is, for one enumeration of <see cref="WatchAsync"/>.
    /// When it is exceeded, the oldest unread event is dropped. 1,024 events are enough for a follower that reads once
    /// per second while all connections of a session end at the same time.
    /// </summary>
    public const int FollowerCapacity = 1024;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly Queue<SessionEvent> _events = new();
    private readonly List<Channel<SessionEvent>> _followers = [];
    private long _lastNumber;
    private bool _isComplete;

    /// <summary>Number of the latest event; 0 before the first one.</summary>
    public long LastNumber
    {
        get
        {
            lock (_gate)
                return _lastNumber;
        }
    }

    /// <summary>Returns the kept events, oldest first: at most <see cref="Capacity"/>.</summary>
    /// <param name="after">Number of an event; only later events are returned. 0 returns all kept events.</param>
    public IReadOnlyList<SessionEvent> GetEvents(long after = 0)
    {
        lock (_gate)
            return after >= _lastNumber ? [] : [.. _events.Where(entry => entry.Number > after)];
    }

    /// <summary>
    /// Returns events as they occur. If the caller reads too slowly, events are dropped. They are replaced by one event
    /// of the kind <see cref="SessionEventKind.EventsDropped"/>, whose message states their number.
    /// </summary>
    /// <remarks>
    /// The enumeration ends when the session that created the log is closed. If the log was created by the caller, the
    /// enumeration ends only when it is cancelled.
    /// </remarks>
    /// <param name="after">
    /// Number of the last event that the caller knows. Kept events with higher numbers are returned first; 0 returns
    /// all of them. <see langword="null"/> returns only events that occur after the enumeration has started.
    /// </param>
    /// <param name="cancellation">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<SessionEvent> WatchAsync(
        long? after = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var waiting = Channel.CreateBounded<SessionEvent>(
            new BoundedChannelOptions(FollowerCapacity)
            {
                FullMode = BoundedChannelFullMode.DropOldest,
                SingleReader = true,
            });
        long last;
        SessionEvent[] kept;
        lock (_gate)
        {
            last = after ?? _lastNumber;
            kept = [.. _events.Where(entry => entry.Number > last)];
            if (_isComplete)
                waiting.Writer.Complete();
            else
                _followers.Add(waiting);
        }

        try
        {
            await foreach (SessionEvent entry in
                ReadAsync(kept, waiting.Reader, cancellation).ConfigureAwait(false))
            {
                if (entry.Number > last + 1)
                    yield return Dropped(entry, entry.Number - last - 1);
                yield return entry;
                last = entry.Number;
            }
        }
        finally
        {
            lock (_gate)
                _followers.Remove(waiting);
        }
    }

    private static async IAsyncEnumerable<SessionEvent> ReadAsync(
        SessionEvent[] kept,
        ChannelReader<SessionEvent> waiting,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (SessionEvent entry in kept)
            yield return entry;
        await foreach (SessionEvent entry in waiting.ReadAllAsync(cancellation).ConfigureAwait(false))
            yield return entry;
    }

    /// <summary>Adds an event, and passes it to the followers and to <see cref="SessionEventSource"/>.</summary>
    internal void Add(
        SessionEventKind kind,
        string message,
        string? torrent = null,
        InfoHash? infoHash = null,
        IPEndPoint? peer = null,
        int? listenPort = null)
    {
        SessionEvent entry;
        lock (_gate)
        {
            entry = new SessionEvent
            {
                Number = ++_lastNumber,
                Time = _time.GetUtcNow(),
                Kind = kind,
                Torrent = torrent,
                InfoHash = infoHash,
                Peer = peer,
                ListenPort = listenPort,
                Message = DisplayText.Line(message),
            };
            if (_events.Count == Capacity)
                _events.Dequeue();
            _events.Enqueue(entry);
            foreach (Channel<SessionEvent> follower in _followers)
                follower.Writer.TryWrite(entry);
        }

        SessionEventSource.Log.Write(entry);
    }

    /// <summary>
    /// Ends every enumeration of <see cref="WatchAsync"/> after it has returned its unread events.
    /// <see cref="GetEvents"/> still returns the kept events.
    /// </summary>
    internal void Complete()
    {
        lock (_gate)
        {
            _isComplete = true;
            foreach (Channel<SessionEvent> follower in _followers)
                follower.Writer.TryComplete();
        }
    }

    private static SessionEvent Dropped(SessionEvent next, long count) => new()
    {
        Number = next.Number - 1,
        Time = next.Time,
        Kind = SessionEventKind.EventsDropped,
        Message = $"{count} {(count == 1 ? "event is" : "events are")} missing here: the reader was too slow.",
    };
}
