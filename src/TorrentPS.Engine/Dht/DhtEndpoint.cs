using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht.Lookups;
using TorrentPS.Engine.Dht.Packets;

namespace TorrentPS.Engine.Dht;

/// <summary>
/// The DHT node and the UDP socket of one address family. Members that are not described as thread-safe are used only
/// on the DHT loop.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The service disposes the socket; the semaphore needs none.")]
internal sealed class DhtEndpoint
{
    /// <summary>
    /// Maximum number of lookups of <see cref="RunLookupAsync"/> at a time. Further calls wait. The limit is below
    /// <see cref="Common.DhtNodeSettings.MaxLookups"/>, so that routing table maintenance can also run lookups.
    /// </summary>
    private const int MaxSearches = 32;

    /// <summary>
    /// Maximum time that <see cref="RunLookupAsync"/> waits until the routing table has a good node. If the table has
    /// no good node after this time, the lookup isn't run.
    /// </summary>
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;

    private readonly SemaphoreSlim _searches = new(MaxSearches);

    /// <summary>
    /// The task for which lookups wait. It is completed when the node knows a good node. It is also completed when the
    /// bootstrap names could not be resolved and no other node address is known.
    /// </summary>
    private volatile TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isConnected;
    private bool _knowsAddresses;
    private long _dropped;

    public DhtEndpoint(DhtSocket socket, DhtServiceSettings settings)
    {
        Socket = socket;
        _time = settings.Time;
        Node = new DhtNode(settings.Node, socket.Family, settings.Time, settings.Random, socket)
        {
            ExternalAddressFound = settings.ExternalAddressFound,
        };
    }

    public DhtSocket Socket { get; }

    public DhtNode Node { get; }

    public AddressFamily Family => Socket.Family;

    /// <summary>
    /// Adopts the node id of a saved routing table and queues pings to the saved nodes. Ignores malformed data.
    /// </summary>
    public void Restore(ReadOnlyMemory<byte> table)
    {
        _knowsAddresses = true;
        Node.RestoreTable(table.Span);
    }

    /// <summary>
    /// Queues a ping to an address at which a DHT node may run, and stores the address for re-bootstraps. The node is
    /// added to the routing table if it responds.
    /// </summary>
    public void Add(IPEndPoint node)
    {
        _knowsAddresses = true;
        Node.AddNode(node);
    }

    /// <summary>
    /// If no address of a DHT node is known, ends the waiting lookups, because no node can become good. Called after
    /// each attempt to resolve the names of the bootstrap nodes.
    /// </summary>
    public void OnBootstrapResolved()
    {
        if (!_knowsAddresses)
            _ready.TrySetResult();
    }

    /// <summary>The status of this client's node, including the socket's packet counts.</summary>
    public DhtNodeStatus Status
    {
        get
        {
            DhtNodeStatus node = Node.Status;
            return node with
            {
                BytesReceived = Socket.BytesReceived,
                BytesSent = Socket.BytesSent,
                MessagesReceived = Socket.MessagesReceived,
                MessagesSent = Socket.MessagesSent,
                Dropped = node.Dropped + Volatile.Read(ref _dropped),
            };
        }
    }

    /// <summary>
    /// Runs the node's periodic work. Lets waiting lookups start when the node knows a good node. When the node no
    /// longer knows one, new lookups wait again.
    /// </summary>
    public void Tick()
    {
        Node.Tick();
        if (Node.HasGoodNode == _isConnected)
            return;
        if (_isConnected)
            Disconnected();
        else
            Connected();
    }

    /// <summary>Counts a received packet that was dropped. Thread-safe.</summary>
    public void CountDrop() => Interlocked.Increment(ref _dropped);

    /// <summary>Waits until the node knows a good node, runs a lookup and returns its result. Thread-safe.</summary>
    /// <param name="loop">The DHT loop, on which the lookup runs.</param>
    /// <param name="begin">Starts the lookup. Its argument is the callback that receives the lookup's result.</param>
    /// <param name="fallback">The result if the node knows no good node after the wait.</param>
    /// <param name="cancellation">Cancels the wait and the lookup.</param>
    public async Task<T> RunLookupAsync<T>(
        DhtLoop loop, Func<Action<T>, DhtLookup> begin, T fallback, CancellationToken cancellation)
    {
        if (!_isConnected)
        {
            await _ready.Task.WaitAsync(s_connectTimeout, _time, cancellation)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        cancellation.ThrowIfCancellationRequested();
        if (!_isConnected)
            return fallback;
        await _searches.WaitAsync(cancellation);
        DhtLookup? lookup = null;
        try
        {
            var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            void Finish(T result)
            {
                // Publishes the status before the result, so that a caller does not read a status from before this
                // lookup.
                loop.Publish();
                answer.TrySetResult(result);
            }

            loop.Post(() => lookup = begin(Finish), error => answer.TrySetException(error));
            return await answer.Task.WaitAsync(cancellation);
        }
        finally
        {
            loop.Post(() => lookup?.Cancel());
            _searches.Release();
        }
    }

    private void Connected()
    {
        _isConnected = true;
        _ready.TrySetResult();
    }

    private void Disconnected()
    {
        _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _isConnected = false;
    }
}
