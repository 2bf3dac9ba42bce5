using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Dht;

/// <summary>
/// The DHT loop: a single-writer loop that handles received packets, posted actions and ticks one at a time. Only this
/// loop uses the DHT nodes of both address families. Thread-safe.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The timer is disposed in CloseAsync.")]
internal sealed class DhtLoop
{
    /// <summary>
    /// Maximum number of received packets that wait for the loop. Further packets are dropped. A packet's buffer has 2
    /// KiB, so that the queue takes at most 2 MiB.
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

    public DhtLoop(DhtEndpoint[] endpoints, TimeProvider time)
    {
        _endpoints = endpoints;
        _port = endpoints[0].Socket.Port;
        _time = time;
        _mailbox = new Mailbox<Message>(Handle, () => { });
        _status = Snapshot();
        _ticker = time.CreateTimer(_ => PostTick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// The latest snapshot of the DHT's status. It is renewed about every half second, and when a caller's lookup ends.
    /// </summary>
    public DhtStatus Status => _status;

    public void Start() => _ticker.Change(s_tick, s_tick);

    /// <summary>
    /// Queues an action, which then runs on the loop. If the action throws, <paramref name="failed"/> is called with
    /// the exception. If the loop is closed, it is called with an <see cref="ObjectDisposedException"/>.
    /// </summary>
    public void Post(Action action, Action<Exception>? failed = null)
    {
        if (!_mailbox.Post(new Message(null, default, action, failed)))
            failed?.Invoke(new ObjectDisposedException(nameof(DhtService)));
    }

    public Task<T> RunAsync<T>(Func<T> action)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => result.SetResult(action()), error => result.SetException(error));
        return result.Task;
    }

    /// <summary>
    /// Queues a received packet for an endpoint's node, and takes ownership of the packet's buffer. Drops the packet if
    /// <see cref="MaxWaiting"/> packets are queued or the loop is closed.
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

    /// <summary>Creates a new snapshot for <see cref="Status"/>. Must be called on the loop.</summary>
    public void Publish()
    {
        _statusAt = _time.GetTimestamp();
        _status = Snapshot();
    }

    /// <summary>
    /// Stops the ticks and refuses further actions and packets. Waits until all queued actions and packets have been
    /// handled.
    /// </summary>
    public async Task CloseAsync()
    {
        await _ticker.DisposeAsync();
        _mailbox.Close();
        await _mailbox.WhenIdleAsync();
    }

    private DhtStatus Snapshot() =>
        new() { Port = _port, Nodes = [.. _endpoints.Select(endpoint => endpoint.Status)] };

    private void PostTick()
    {
        // A slow loop gets one tick instead of all the ticks that it missed.
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
    /// A message of the loop: a received packet for an endpoint's node, or an action with the handler of its exception.
    /// </summary>
    private readonly record struct Message(
        DhtEndpoint? Endpoint, ReceivedPacket Packet, Action? Action, Action<Exception>? Failed);
}
