using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht.Lookups;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Snapshots;

namespace TorrentPS.Engine.Dht;

/// <summary>One address family of a <see cref="DhtService"/>: a node and its socket. Only the loop touches it, but for what says otherwise.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A semaphore whose handle nobody asks for holds nothing; the socket is closed by the service.")]
internal sealed class DhtEndpoint
{
    /// <summary>Searches at once; the node needs some of its own for the care of its table.</summary>
    private const int MaxSearches = 32;

    /// <summary>How long a search waits for the first node that answers.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;

    /// <summary>Lets in as many searches as there may be at once.</summary>
    private readonly SemaphoreSlim _turns = new(MaxSearches);

    /// <summary>Ends when there is nothing to wait for: other nodes are known, or there is no address where one might be.</summary>
    private volatile TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isConnected;
    private bool _knowsAddresses;
    private long _dropped;

    public DhtEndpoint(DhtSocket socket, DhtServiceSettings settings)
    {
        Socket = socket;
        _time = settings.Time;
        Node = new DhtNode(settings.Node, socket.Family, settings.Time, settings.Random, socket);
    }

    public DhtSocket Socket { get; }

    public DhtNode Node { get; }

    public AddressFamily Family => Socket.Family;

    /// <summary>Takes what an earlier node saved; a table that can't be read is as good as none.</summary>
    public void Restore(ReadOnlyMemory<byte> table)
    {
        _knowsAddresses = true;
        Node.RestoreTable(table.Span);
    }

    /// <summary>Asks whether a node is there.</summary>
    public void Add(IPEndPoint node)
    {
        _knowsAddresses = true;
        Node.AddNode(node);
    }

    /// <summary>The list of names was gone through.</summary>
    public void NamesAreFound()
    {
        if (!_knowsAddresses)
            _ready.TrySetResult();
    }

    /// <summary>Some time has passed.</summary>
    public void Tick()
    {
        Node.Tick();
        if (!_isConnected && Node.Status.Good > 0)
            Connected();
    }

    /// <summary>A packet was left unread. May be called from any thread.</summary>
    public void CountDrop() => Interlocked.Increment(ref _dropped);

    public DhtNodeStatus Status()
    {
        DhtNodeStatus node = Node.Status;
        if (_isConnected && node.Good == 0)
            Disconnected();
        return node with
        {
            BytesReceived = Socket.BytesReceived,
            BytesSent = Socket.BytesSent,
            MessagesReceived = Socket.MessagesReceived,
            MessagesSent = Socket.MessagesSent,
            Dropped = node.Dropped + Volatile.Read(ref _dropped),
        };
    }

    /// <summary>Waits until the node knows others, has it begin a lookup, and waits for its end. May be called from any thread.</summary>
    /// <param name="loop">Where the node may be touched.</param>
    /// <param name="begin">Begins the lookup.</param>
    /// <param name="nothing">The result when it knows no others.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<T> AskAsync<T>(DhtLoop loop, Func<Action<T>, DhtLookup> begin, T nothing, CancellationToken cancellation)
    {
        if (!_isConnected)
            await _ready.Task.WaitAsync(s_patience, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        if (!_isConnected)
            return nothing;
        await _turns.WaitAsync(cancellation);
        DhtLookup? lookup = null;
        try
        {
            var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            void Finish(T result)
            {
                // Who asks next how the DHT stands must not hear what held before this search.
                loop.Publish();
                answer.TrySetResult(result);
            }

            loop.Do(() => lookup = begin(Finish), error => answer.TrySetException(error));
            return await answer.Task.WaitAsync(cancellation);
        }
        finally
        {
            loop.Do(() => lookup?.Cancel());
            _turns.Release();
        }
    }

    private void Connected()
    {
        _isConnected = true;
        _ready.TrySetResult();
    }

    /// <summary>All that were known are silent: whoever searches waits for one of them as at the start.</summary>
    private void Disconnected()
    {
        _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _isConnected = false;
    }
}
