using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Dht.Lookups;
using TorrentPS.Engine.Dht.Packets;

namespace TorrentPS.Engine.Dht;

/// <summary>
/// The node and the socket of one address family. Used only on the DHT loop, except where a member says otherwise.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The service disposes the socket; the semaphore needs none.")]
internal sealed class DhtEndpoint
{
    /// <summary>
    /// Maximum concurrent lookups for callers. The node's limit is higher, as routing table maintenance needs lookups
    /// too.
    /// </summary>
    private const int MaxSearches = 32;

    /// <summary>Maximum time a search waits until a good node is known.</summary>
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;

    /// <summary>Limits the concurrent lookups to <see cref="MaxSearches"/>.</summary>
    private readonly SemaphoreSlim _searches = new(MaxSearches);

    /// <summary>
    /// Completes when searches need not wait: a good node is known, or there is no address of a node to try.
    /// </summary>
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

    /// <summary>Restores a saved routing table. Malformed data is ignored.</summary>
    public void Restore(ReadOnlyMemory<byte> table)
    {
        _knowsAddresses = true;
        Node.RestoreTable(table.Span);
    }

    /// <summary>Pings a node that may exist.</summary>
    public void Add(IPEndPoint node)
    {
        _knowsAddresses = true;
        Node.AddNode(node);
    }

    /// <summary>
    /// Ends the wait of searches if the bootstrap list gave no address. Called after each attempt to resolve the list.
    /// </summary>
    public void OnBootstrapResolved()
    {
        if (!_knowsAddresses)
            _ready.TrySetResult();
    }

    /// <summary>Passes a tick to the node and checks whether it knows a good node.</summary>
    public void Tick()
    {
        Node.Tick();
        if (!_isConnected && Node.Status.Good > 0)
            Connected();
    }

    /// <summary>Counts a dropped packet. Thread-safe.</summary>
    public void CountDrop() => Interlocked.Increment(ref _dropped);

    /// <summary>
    /// Takes a snapshot for the public status, with the socket's counters. Detects when no good node is left.
    /// </summary>
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

    /// <summary>
    /// Waits until the node knows a good node, starts a lookup and waits for its result. Thread-safe.
    /// </summary>
    /// <param name="loop">The DHT loop, on which the node is used.</param>
    /// <param name="begin">Starts the lookup and passes on the callback that receives its result.</param>
    /// <param name="fallback">The result if no good node is known.</param>
    /// <param name="cancellation">Cancels the lookup.</param>
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

    /// <summary>Handles the loss of all good nodes: new searches wait for a response, as at the start.</summary>
    private void Disconnected()
    {
        _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _isConnected = false;
    }
}
