using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Snapshots;

namespace TorrentPS.Engine.Dht;

/// <summary>The one loop that touches the nodes of both address families: packets, deeds and time, one after the other. Thread-safe.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The timer is disposed in CloseAsync.")]
internal sealed class DhtLoop
{
    /// <summary>Packets that wait for the loop; more are dropped, as the system would: by the time of their turn they are stale.</summary>
    private const int MaxWaiting = 1024;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_statusAge = TimeSpan.FromMilliseconds(500);

    private readonly DhtEndpoint[] _ends;
    private readonly int _port;
    private readonly TimeProvider _time;
    private readonly Mailbox<Message> _mailbox;
    private readonly ITimer _ticker;
    private volatile DhtStatus _status;
    private long _statusAt;
    private int _waiting;
    private int _tickWaits;

    /// <param name="ends">What it runs; from here on nobody else touches their nodes.</param>
    /// <param name="time">The clock.</param>
    public DhtLoop(DhtEndpoint[] ends, TimeProvider time)
    {
        _ends = ends;
        _port = ends[0].Socket.Port;
        _time = time;
        _mailbox = new Mailbox<Message>(Handle, () => { });
        _status = Snapshot();
        _ticker = time.CreateTimer(_ => PostTick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How the nodes stand, at most half a second old.</summary>
    public DhtStatus Status => _status;

    /// <summary>Begins to tell the nodes that time passes.</summary>
    public void Start() => _ticker.Change(s_tick, s_tick);

    /// <summary>Does something.</summary>
    /// <param name="deed">What.</param>
    /// <param name="failed">Told why it can't be done.</param>
    public void Do(Action deed, Action<Exception>? failed = null)
    {
        if (!_mailbox.Post(new Message(null, default, deed, failed)))
            failed?.Invoke(new ObjectDisposedException(nameof(DhtService)));
    }

    /// <summary>Does something that has a result at once.</summary>
    public Task<T> DoAsync<T>(Func<T> deed)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Do(() => result.SetResult(deed()), error => result.SetException(error));
        return result.Task;
    }

    /// <summary>Has a node read a packet, or drops it when too many wait.</summary>
    public void Take(DhtEndpoint end, ReceivedPacket packet)
    {
        if (Interlocked.Increment(ref _waiting) <= MaxWaiting && _mailbox.PostAndHelp(new Message(end, packet, null, null)))
            return;
        Interlocked.Decrement(ref _waiting);
        end.CountDrop();
        ArrayPool<byte>.Shared.Return(packet.Buffer);
    }

    /// <summary>Renews <see cref="Status"/>; only from a deed.</summary>
    public void Publish()
    {
        _statusAt = _time.GetTimestamp();
        _status = Snapshot();
    }

    /// <summary>Ends when the last deed is done; nothing is done after.</summary>
    public async Task CloseAsync()
    {
        await _ticker.DisposeAsync();
        _mailbox.Close();
        await _mailbox.WhenIdleAsync();
    }

    private DhtStatus Snapshot() => new() { Port = _port, Nodes = [.. _ends.Select(end => end.Status())] };

    private void PostTick()
    {
        // A slow loop gets one tick when it comes to it, not all that it missed.
        if (Interlocked.Exchange(ref _tickWaits, 1) == 0)
            Do(Tick);
    }

    private void Tick()
    {
        _tickWaits = 0;
        foreach (DhtEndpoint end in _ends)
            end.Tick();
        if (_time.GetElapsedTime(_statusAt) >= s_statusAge)
            Publish();
    }

    private void Handle(Message message)
    {
        try
        {
            message.Deed?.Invoke();
            message.End?.Node.Receive(message.Packet.Buffer.AsSpan(0, message.Packet.Length), message.Packet.From);
        }
        catch (Exception error)
        {
            // Whoever asked is told; a packet that the node can't bear is dropped, and counted with the others.
            message.Failed?.Invoke(error);
            message.End?.CountDrop();
        }

        if (message.End is null)
            return;
        Interlocked.Decrement(ref _waiting);
        ArrayPool<byte>.Shared.Return(message.Packet.Buffer);
    }

    /// <summary>What the loop is told: a packet for a node, or something to do.</summary>
    private readonly record struct Message(DhtEndpoint? End, ReceivedPacket Packet, Action? Deed, Action<Exception>? Failed);
}
