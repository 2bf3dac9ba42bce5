using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Dht;

/// <summary>
/// The DHT loop. Handles received packets, posted actions and ticks one at a time. The DHT nodes of both address
/// families are used only on this loop. Thread-safe.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The timer is disposed in CloseAsync.")]
internal sealed class DhtLoop
{
    /// <summary>
    /// Maximum number of received packets that wait for the loop; further packets are dropped. Bounds the memory of the
    /// queue to 2 MiB.
    /// </summary>
    private const int MaxWaiting = 1024;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_statusAge = TimeSpan.FromMilliseconds(500);

    private readonly DhtEndpoint[] _endpoints;
    private readonly int _port;
    private readonly TimeProvider _time;
    private readonly Mailbox<Message> _mailbox;
    private readonly ITimer _ticker;
    private volatile DhtStatus _status;
    private long _statusAt;
    private int _waiting;
    private int _tickQueued;

    /// <param name="endpoints">The endpoints of one or both address families. After this call, only this loop uses
    /// their nodes.</param>
    /// <param name="time">The clock.</param>
    public DhtLoop(DhtEndpoint[] endpoints, TimeProvider time)
    {
        _endpoints = endpoints;
        _port = endpoints[0].Socket.Port;
        _time = time;
        _mailbox = new Mailbox<Message>(Handle, () => { });
        _status = Snapshot();
        _ticker = time.CreateTimer(_ => PostTick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The DHT's status. Updated about every half second, and when a lookup for a caller ends.</summary>
    public DhtStatus Status => _status;

    /// <summary>Starts the ticks, one every 100 ms.</summary>
    public void Start() => _ticker.Change(s_tick, s_tick);

    /// <summary>Queues an action that then runs on the loop.</summary>
    /// <param name="action">The action.</param>
    /// <param name="failed">Called with the action's exception, or with <see cref="ObjectDisposedException"/> if the
    /// loop is closed.</param>
    public void Post(Action action, Action<Exception>? failed = null)
    {
        if (!_mailbox.Post(new Message(null, default, action, failed)))
            failed?.Invoke(new ObjectDisposedException(nameof(DhtService)));
    }

    /// <summary>Runs a function on the loop and returns a task with its result.</summary>
    public Task<T> RunAsync<T>(Func<T> action)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => result.SetResult(action()), error => result.SetException(error));
        return result.Task;
    }

    /// <summary>
    /// Queues a packet for an endpoint's node. Drops it if <see cref="MaxWaiting"/> packets are queued or the loop is
    /// closed. The packet's buffer goes back to the array pool afterwards.
    /// </summary>
    public void Receive(DhtEndpoint endpoint, ReceivedPacket packet)
    {
        if (Interlocked.Increment(ref _waiting) <= MaxWaiting
            && _mailbox.PostAndHandle(new Message(endpoint, packet, null, null)))
            return;
        Interlocked.Decrement(ref _waiting);
        endpoint.CountDrop();
        ArrayPool<byte>.Shared.Return(packet.Buffer);
    }

    /// <summary>Sets <see cref="Status"/> to a new snapshot. Called on the loop.</summary>
    public void Publish()
    {
        _statusAt = _time.GetTimestamp();
        _status = Snapshot();
    }

    /// <summary>
    /// Stops the ticks, refuses further actions and packets, and waits until all queued actions and packets are
    /// handled.
    /// </summary>
    public async Task CloseAsync()
    {
        await _ticker.DisposeAsync();
        _mailbox.Close();
        await _mailbox.WhenIdleAsync();
    }

    private DhtStatus Snapshot() =>
        new() { Port = _port, Nodes = [.. _endpoints.Select(endpoint => endpoint.Status())] };

    private void PostTick()
    {
        // A slow loop gets one tick, not one for each that it missed.
        if (Interlocked.Exchange(ref _tickQueued, 1) == 0)
            Post(Tick);
    }

    private void Tick()
    {
        _tickQueued = 0;
        foreach (DhtEndpoint endpoint in _endpoints)
            endpoint.Tick();
        if (_time.GetElapsedTime(_statusAt) >= s_statusAge)
            Publish();
    }

    private void Handle(Message message)
    {
        try
        {
            message.Action?.Invoke();
            message.Endpoint?.Node.Receive(message.Packet.Buffer.AsSpan(0, message.Packet.Length), message.Packet.From);
        }
        catch (Exception error)
        {
            // The caller that posted an action receives its exception. A packet that makes the node throw is counted
            // as dropped.
            message.Failed?.Invoke(error);
            message.Endpoint?.CountDrop();
        }

        if (message.Endpoint is null)
            return;
        Interlocked.Decrement(ref _waiting);
        ArrayPool<byte>.Shared.Return(message.Packet.Buffer);
    }

    /// <summary>
    /// Either a received packet for an endpoint's node, or an action with the handler of its exception.
    /// </summary>
    private readonly record struct Message(
        DhtEndpoint? Endpoint, ReceivedPacket Packet, Action? Action, Action<Exception>? Failed);
}
