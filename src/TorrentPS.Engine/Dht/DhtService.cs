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
/// The session's DHT: the nodes of both address families with their sockets, clock, bootstrap nodes and saved routing
/// tables. Both nodes run on one DHT loop. All methods are thread-safe.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "What it owns is disposed in DisposeAsync.")]
internal sealed class DhtService : IAsyncDisposable
{
    /// <summary>
    /// Maximum number of peers that one search reports, over both address families. A torrent connects to fewer.
    /// Without this limit, hostile nodes could make a search report any number.
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
    /// UDP port of the IPv4 socket, or of the IPv6 socket if it is the only one. The IPv6 socket uses the same port if
    /// it is free.
    /// </summary>
    public int Port { get; }

    /// <summary>The DHT's status. Updated about every half second, and when a lookup for a caller ends.</summary>
    public DhtStatus Status => _loop.Status;

    /// <summary>
    /// Creates the service and binds a UDP socket for each address family that
    /// <see cref="DhtServiceSettings.BindAddress"/> allows.
    /// </summary>
    /// <returns>Null if no UDP port can be bound.</returns>
    public static DhtService? TryOpen(DhtServiceSettings settings)
    {
        var sockets = new List<DhtSocket>();
        int port = settings.Port;
        foreach (AddressFamily family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            if (settings.BindAddress is { } only && only.AddressFamily != family
                || DhtSocket.TryOpen(family, settings.BindAddress, port) is not { } socket)
                continue;
            sockets.Add(socket);
            port = socket.Port;
        }

        return sockets.Count > 0 ? new DhtService(settings, sockets) : null;
    }

    /// <summary>
    /// Restores the saved routing tables. Starts to receive packets, to resolve the names of the bootstrap nodes, and
    /// to save the tables regularly.
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
    /// Queues a ping to an address at which a DHT node may run. The routing table adds the node if it responds. The
    /// address is ignored if there is no socket of its address family.
    /// </summary>
    public void AddNode(IPEndPoint node) => _loop.Post(() =>
    {
        if (EndpointOf(node.AddressFamily) is { } endpoint)
            endpoint.Add(node);
    });

    /// <summary>Replaces the session's list of bootstrap nodes, and immediately starts to resolve all names.</summary>
    public void UseBootstrap(IReadOnlyList<string> hostsAndPorts)
    {
        _bootstrap.Replace(hostsAndPorts);
        Run(() => _bootstrap.ResolveAsync(AddNode, _closing.Token));
    }

    /// <summary>
    /// Adds a bootstrap node that a torrent names. Ignored if the text is malformed or
    /// <see cref="BootstrapNodes.MaxNames"/> names are known.
    /// </summary>
    /// <param name="hostAndPort"><c>host:port</c>, with an IPv6 address in brackets.</param>
    public void AddBootstrap(string hostAndPort)
    {
        if (!BootstrapNodes.TryParse(hostAndPort, out string host, out int port))
            return;
        if (IPAddress.TryParse(host, out IPAddress? address))
            AddNode(new IPEndPoint(address, port));
        else if (_bootstrap.TryAdd(hostAndPort))
            Run(() => _bootstrap.ResolveAsync(AddNode, _closing.Token));
    }

    /// <summary>Searches for a torrent's peers without announcing this client.</summary>
    /// <returns>Batches of peers as they are found, each peer once. The sequence ends when the search has
    /// ended.</returns>
    public async IAsyncEnumerable<IReadOnlyList<IPEndPoint>> FindPeersAsync(
        InfoHash torrent, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
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
            await leaving.CancelAsync();
            await search.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task SearchAsync()
        {
            try
            {
                await SearchPeersAsync(torrent, null, false, peers => found.Writer.TryWrite(peers), leaving.Token);
            }
            finally
            {
                found.Writer.Complete();
            }
        }
    }

    /// <summary>
    /// Searches for a torrent's peers and announces this client to the nodes closest to its info hash.
    /// </summary>
    /// <param name="torrent">The torrent's info hash.</param>
    /// <param name="port">The TCP port to announce.</param>
    /// <param name="isSeed">Whether this client is a seed (BEP 33).</param>
    /// <param name="found">Called with batches of peers as they are found, each peer once. Called on the DHT loop, so
    /// it must not block.</param>
    /// <param name="cancellation">Cancels the search and the announce.</param>
    /// <returns>The number of nodes that accepted the announce, over both address families.</returns>
    public Task<int> AnnounceAsync(
        InfoHash torrent,
        ushort port,
        bool isSeed,
        Action<IReadOnlyList<IPEndPoint>> found,
        CancellationToken cancellation) =>
        SearchPeersAsync(torrent, port, isSeed, found, cancellation);

    /// <summary>Searches for an immutable item in the DHTs of both address families (BEP 44).</summary>
    /// <returns>The bencoded value, or null if no queried node has the item.</returns>
    public async Task<ReadOnlyMemory<byte>?> GetItemAsync(NodeId target, CancellationToken cancellation)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        List<Task<ReadOnlyMemory<byte>?>> searches = [];
        foreach (DhtEndpoint endpoint in _endpoints)
        {
            searches.Add(RunLookupAsync<ReadOnlyMemory<byte>?>(
                endpoint, done => endpoint.Node.GetItem(target, done), null, enough.Token));
        }

        ReadOnlyMemory<byte>? value = null;
        while (value is null && searches.Count > 0)
        {
            Task<ReadOnlyMemory<byte>?> search = await Task.WhenAny(searches);
            searches.Remove(search);
            value = await search;
        }

        await enough.CancelAsync();
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
    /// <returns>Null if the node does not respond or does not support the method, or if there is no socket of its
    /// address family.</returns>
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

    /// <summary>Runs a lookup on the node of each address family and waits for all outcomes.</summary>
    private Task<LookupOutcome[]> RunLookupsAsync(
        Func<DhtNode, Action<LookupOutcome>, DhtLookup> begin, CancellationToken cancellation) =>
        Task.WhenAll(_endpoints.Select(endpoint => RunLookupAsync<LookupOutcome>(
            endpoint, done => begin(endpoint.Node, done), s_emptyOutcome, cancellation)));

    /// <summary>
    /// Runs a lookup as <see cref="DhtEndpoint.RunLookupAsync"/> does. Disposal of the service cancels the lookup and
    /// waits for its end.
    /// </summary>
    private async Task<T> RunLookupAsync<T>(
        DhtEndpoint endpoint, Func<Action<T>, DhtLookup> begin, T fallback, CancellationToken cancellation)
    {
        CancellationTokenSource either;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed is not null, this);
            either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
            _tasks.Enter();
        }

        try
        {
            return await endpoint.RunLookupAsync(_loop, begin, fallback, either.Token);
        }
        finally
        {
            either.Dispose();
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

    /// <summary>Starts a task for which disposal waits. Does nothing once disposal has begun.</summary>
    private void Run(Func<Task> work)
    {
        lock (_gate)
        {
            if (_closed is null)
                _tasks.Run(work);
        }
    }
}
