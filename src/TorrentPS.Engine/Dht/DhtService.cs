using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using TorrentPS.Engine.Dht.Lookups;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Runtime;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Dht;

/// <summary>
/// The session's DHT: the nodes and UDP sockets of both address families, with the bootstrap nodes and the saved
/// routing tables. Both nodes run on one DHT loop. Thread-safe.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "What it owns is disposed in DisposeAsync.")]
internal sealed class DhtService : IAsyncDisposable
{
    /// <summary>
    /// Maximum number of peers that one search reports, over both address families. A torrent connects to fewer peers.
    /// The limit stops hostile nodes from reporting peers without end.
    /// </summary>
    private const int MaxPeers = 2000;

    private static readonly LookupOutcome s_emptyOutcome = new() { Nearest = [], IsIncomplete = true };

    private readonly TimeProvider _time;
    private readonly DhtEndpoint[] _endpoints;
    private readonly BootstrapNodes _bootstrap;
    private readonly DhtLoop _loop;
    private readonly RoutingTableSaver? _tables;
    private readonly WaitGroup _tasks = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private Task? _closed;

    private DhtService(DhtServiceSettings settings, IReadOnlyList<DhtSocket> sockets)
    {
        _time = settings.Time;
        Port = sockets[0].Port;
        _endpoints = [.. sockets.Select(socket => new DhtEndpoint(socket, settings))];
        if (_endpoints.Length == 2)
            _endpoints[0].Node.Join(_endpoints[1].Node);
        _bootstrap = new BootstrapNodes(settings.Resolve, _time);
        _bootstrap.Replace(settings.Bootstrap);
        _loop = new DhtLoop(_endpoints, _time);
        _tables = settings.TableFile is { } path
            ? new RoutingTableSaver(new RoutingTableFile(path), _endpoints, _loop, _time)
            : null;
    }

    /// <summary>
    /// The UDP port of the IPv4 socket, or of the IPv6 socket if there is no IPv4 socket. The IPv6 socket uses the same
    /// port as the IPv4 socket if that port is free.
    /// </summary>
    public int Port { get; }

    /// <summary>
    /// The latest snapshot of the DHT's status. It is renewed about every half second, and when a caller's lookup ends.
    /// </summary>
    public DhtStatus Status => _loop.Status;

    /// <summary>
    /// Creates the service and binds a UDP socket for each address family that
    /// <see cref="DhtServiceSettings.Binding"/> allows.
    /// </summary>
    /// <returns>Null if no UDP port can be bound.</returns>
    public static DhtService? TryOpen(DhtServiceSettings settings)
    {
        var sockets = new List<DhtSocket>();
        int port = settings.Port;
        foreach (AddressFamily family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            if (DhtSocket.TryOpen(family, settings.Binding, settings.Filter, port) is not { } socket)
                continue;
            sockets.Add(socket);
            port = socket.Port;
        }

        return sockets.Count > 0 ? new DhtService(settings, sockets) : null;
    }

    /// <summary>
    /// Starts the service: queues pings to the nodes of the saved routing tables, receives packets, resolves the
    /// bootstrap names, and saves the routing tables regularly.
    /// </summary>
    public void Start()
    {
        _tables?.Restore();
        foreach (DhtEndpoint endpoint in _endpoints)
            Run(() => endpoint.Socket.ReceiveAsync(packet => _loop.Receive(endpoint, packet), _closing.Token));
        _loop.Start();
        Run(BootstrapAsync);
        if (_tables is not null)
            Run(() => _tables.SaveRegularlyAsync(_closing.Token));
    }

    /// <summary>
    /// Tells the node of the address's family this host's external address, as sources other than the DHT report it.
    /// </summary>
    public void UseExternalAddress(IPAddress address) => _loop.Post(
        () => EndpointOf(address.AddressFamily)?.Node.UseExternalAddress(address));

    /// <summary>
    /// Queues a ping to an address at which a DHT node may run. The node is added to the routing table if it responds.
    /// The address is ignored if the service has no socket of its address family.
    /// </summary>
    public void AddNode(IPEndPoint node) => _loop.Post(() =>
    {
        if (EndpointOf(node.AddressFamily) is { } endpoint)
            endpoint.Add(node);
    });

    /// <summary>
    /// Replaces the bootstrap nodes of the session's settings, and starts to resolve the names of all bootstrap nodes.
    /// </summary>
    public void UseBootstrap(IReadOnlyList<string> hostsAndPorts)
    {
        _bootstrap.Replace(hostsAndPorts);
        Run(() => _bootstrap.ResolveAsync(AddNode, _closing.Token));
    }

    /// <summary>
    /// Adds a bootstrap node that a torrent names as <c>host:port</c>. Ignores malformed text. Also ignores a host name
    /// while <see cref="BootstrapNodes.MaxNames"/> names are known.
    /// </summary>
    public void AddBootstrap(string hostAndPort)
    {
        if (!BootstrapNodes.TryParse(hostAndPort, out string host, out int port))
            return;
        if (IPAddress.TryParse(host, out IPAddress? address))
            AddNode(new IPEndPoint(address, port));
        else if (_bootstrap.TryAdd(hostAndPort))
            Run(() => _bootstrap.ResolveAsync(AddNode, _closing.Token));
    }

    /// <summary>
    /// Searches for a torrent's peers without announcing this client. Returns the peers in batches as they are found,
    /// each peer once.
    /// </summary>
    public async IAsyncEnumerable<IReadOnlyList<IPEndPoint>> FindPeersAsync(
        InfoHash torrent, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var searching = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var found = Channel.CreateUnbounded<IReadOnlyList<IPEndPoint>>(
            new UnboundedChannelOptions { SingleReader = true });
        Task search = SearchAsync();
        try
        {
            await foreach (IReadOnlyList<IPEndPoint> peers in found.Reader.ReadAllAsync(cancellation))
                yield return peers;
            await search;
        }
        finally
        {
            await searching.CancelAsync();
            await search.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task SearchAsync()
        {
            try
            {
                await SearchPeersAsync(torrent, null, false, peers => found.Writer.TryWrite(peers), searching.Token);
            }
            finally
            {
                found.Writer.Complete();
            }
        }
    }

    /// <summary>
    /// Searches for a torrent's peers and announces this client's TCP port to the nodes closest to the info hash. Calls
    /// <paramref name="found"/> on the DHT loop with each batch of new peers. The callback must not block.
    /// </summary>
    /// <returns>The number of nodes that accepted the announce, over both address families.</returns>
    public Task<int> AnnounceAsync(
        InfoHash torrent,
        ushort port,
        bool isSeed,
        Action<IReadOnlyList<IPEndPoint>> found,
        CancellationToken cancellation) =>
        SearchPeersAsync(torrent, port, isSeed, found, cancellation);

    /// <summary>Searches for an immutable item (BEP 44) in the DHTs of both address families.</summary>
    /// <returns>The bencoded value, or null if no queried node has the item.</returns>
    public async Task<ReadOnlyMemory<byte>?> GetItemAsync(NodeId target, CancellationToken cancellation)
    {
        using var searching = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        List<Task<ReadOnlyMemory<byte>?>> searches = [];
        foreach (DhtEndpoint endpoint in _endpoints)
        {
            searches.Add(RunLookupAsync<ReadOnlyMemory<byte>?>(
                endpoint, done => endpoint.Node.GetItem(target, done), null, searching.Token));
        }

        ReadOnlyMemory<byte>? value = null;
        while (value is null && searches.Count > 0)
        {
            Task<ReadOnlyMemory<byte>?> search = await Task.WhenAny(searches);
            searches.Remove(search);
            value = await search;
        }

        await searching.CancelAsync();
        await ((Task)Task.WhenAll(searches)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return value;
    }

    /// <summary>Stores an immutable item at the nodes closest to its target (BEP 44).</summary>
    /// <returns>The number of nodes that accepted the item, over both address families.</returns>
    public async Task<int> PutItemAsync(ReadOnlyMemory<byte> bencodedValue, CancellationToken cancellation)
    {
        LookupOutcome[] outcomes = await RunLookupsAsync(
            (node, done) => node.PutItem(bencodedValue, done), cancellation);
        return outcomes.Sum(outcome => outcome.Stored);
    }

    /// <summary>Searches for the nodes closest to an id.</summary>
    /// <returns>The number of nodes found, at most eight per address family.</returns>
    public async Task<int> FindNodesAsync(NodeId target, CancellationToken cancellation)
    {
        LookupOutcome[] outcomes = await RunLookupsAsync((node, done) => node.FindNodes(target, done), cancellation);
        return outcomes.Sum(outcome => outcome.Nearest.Count);
    }

    /// <summary>Asks a node for a sample of its stored torrents (BEP 51).</summary>
    /// <returns>
    /// The sample. Null if the node does not respond or does not support the method, or if there is no socket of the
    /// node's address family.
    /// </returns>
    public async Task<SampledInfoHashes?> SampleAsync(IPEndPoint node, NodeId target, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<SampledInfoHashes?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(
            () =>
            {
                if (EndpointOf(node.AddressFamily) is { } endpoint)
                    endpoint.Node.SampleInfoHashes(node, target, sample => answer.TrySetResult(sample));
                else
                    answer.TrySetResult(null);
            },
            error => answer.TrySetException(error));
        return await answer.Task.WaitAsync(cancellation);
    }

    /// <summary>Cancels all searches, saves the routing tables, ends the DHT loop and closes the sockets.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
            return new ValueTask(_closed ??= Task.Run(CloseAsync));
    }

    private async Task CloseAsync()
    {
        await _closing.CancelAsync();
        await _tasks.WhenIdleAsync();
        if (_tables is not null)
            await _tables.SaveAsync();
        await _loop.CloseAsync();
        foreach (DhtEndpoint endpoint in _endpoints)
            endpoint.Socket.Dispose();
        _closing.Dispose();
    }

    private async Task<int> SearchPeersAsync(
        InfoHash torrent,
        ushort? port,
        bool isSeed,
        Action<IReadOnlyList<IPEndPoint>> found,
        CancellationToken cancellation)
    {
        // Accessed only on the loop, as the nodes call Found.
        var seen = new HashSet<IPEndPoint>();
        void Found(IReadOnlyList<IPEndPoint> peers)
        {
            IPEndPoint[] fresh = [.. peers.Where(peer => seen.Count < MaxPeers && seen.Add(peer))];
            if (fresh.Length > 0)
                found(fresh);
        }

        LookupOutcome[] outcomes = await RunLookupsAsync(
            (node, done) => node.FindPeers(torrent, port, impliedPort: false, isSeed, Found, done), cancellation);
        return outcomes.Sum(outcome => outcome.Stored);
    }

    private Task<LookupOutcome[]> RunLookupsAsync(
        Func<DhtNode, Action<LookupOutcome>, DhtLookup> begin, CancellationToken cancellation) =>
        Task.WhenAll(_endpoints.Select(endpoint => RunLookupAsync<LookupOutcome>(
            endpoint, done => begin(endpoint.Node, done), s_emptyOutcome, cancellation)));

    /// <summary>
    /// Runs a lookup with <see cref="DhtEndpoint.RunLookupAsync"/>. Disposal of the service cancels the lookup and
    /// waits for its end.
    /// </summary>
    private async Task<T> RunLookupAsync<T>(
        DhtEndpoint endpoint, Func<Action<T>, DhtLookup> begin, T fallback, CancellationToken cancellation)
    {
        CancellationTokenSource linked;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed is not null, this);
            linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
            _tasks.Enter();
        }

        try
        {
            return await endpoint.RunLookupAsync(_loop, begin, fallback, linked.Token);
        }
        finally
        {
            linked.Dispose();
            _tasks.Leave();
        }
    }

    private async Task BootstrapAsync()
    {
        TimeSpan wait = TimeSpan.FromSeconds(5);
        while (!_closing.IsCancellationRequested)
        {
            if (!Status.IsConnected)
                await _bootstrap.ResolveAsync(AddNode, _closing.Token);
            foreach (DhtEndpoint endpoint in _endpoints)
                _loop.Post(endpoint.OnBootstrapResolved);
            await Task.Delay(wait, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = Status.IsConnected
                ? TimeSpan.FromMinutes(5)
                : TimeSpan.FromSeconds(Math.Min(300, wait.TotalSeconds * 2));
        }
    }

    private DhtEndpoint? EndpointOf(AddressFamily family) =>
        Array.Find(_endpoints, endpoint => endpoint.Family == family);

    /// <summary>
    /// Starts a task. Disposal of the service waits for the end of the task. Does nothing if disposal has begun.
    /// </summary>
    private void Run(Func<Task> work)
    {
        lock (_gate)
        {
            if (_closed is null)
                _tasks.Run(work);
        }
    }
}
