using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <summary>
/// The latest events of a session, or of several sessions that share the log. Thread-safe. Adding an event never waits
/// for a reader.
/// </summary>
/// <param name="time">The clock; <see langword="null"/> takes the system's.</param>
public sealed class SessionEventLog(TimeProvider? time = null)
{
    /// <summary>
    /// Maximum events kept. Beyond it the oldest is dropped. A busy torrent adds some thousand events per hour, and
    /// these take about 1 MiB.
    /// </summary>
    public const int Capacity = 4096;

    /// <summary>
    /// Maximum events that wait for one follower. Beyond it the oldest is dropped. Enough for a follower that reads
    /// once per second while all connections of a session end at the same time.
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

    /// <summary>Returns the kept events, oldest first.</summary>
    /// <param name="after">Number of an event; only later events are returned. 0 returns all kept events.</param>
    public IReadOnlyList<SessionEvent> GetEvents(long after = 0)
    {
        lock (_gate)
            return after >= _lastNumber ? [] : [.. _events.Where(entry => entry.Number > after)];
    }

    /// <summary>
    /// Returns events as they occur, until the session that made the log is closed. A follower that reads too slowly
    /// misses events; in their place it gets one event of the kind <see cref="SessionEventKind.EventsDropped"/>, whose
    /// message has their number.
    /// </summary>
    /// <param name="after">
    /// Number of the last event that the caller knows. Kept events with higher numbers come first; 0 returns all of
    /// them. <see langword="null"/> returns only events that occur after the enumeration has started.
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
            foreach (SessionEvent entry in kept)
            {
                if (entry.Number > last + 1)
                    yield return Dropped(entry, entry.Number - last - 1);
                yield return entry;
                last = entry.Number;
            }

            await foreach (SessionEvent entry in waiting.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
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

    /// <summary>Adds an event.</summary>
    /// <param name="kind">Kind of the event.</param>
    /// <param name="message">What happened, in one line.</param>
    /// <param name="torrent">Name of the torrent; null for the session.</param>
    /// <param name="infoHash">Info hash of the torrent; null for the session.</param>
    /// <param name="peer">The peer; null for none.</param>
    internal void Add(
        SessionEventKind kind, string message, string? torrent = null, InfoHash? infoHash = null, IPEndPoint? peer = null)
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
                Message = message,
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
    /// Ends the enumeration of every follower after the events that it has not read yet. The kept events stay.
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
