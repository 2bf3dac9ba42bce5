using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using TorrentPS.Engine.Dht.Lookups;
using TorrentPS.Engine.Dht.Packets;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Snapshots;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Dht;

/// <summary>
/// The pump around the DHT nodes of both address families: sockets, clock, names and the saved table. The nodes are touched by one loop
/// alone; every method here may be called from any thread.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "What it owns is disposed in DisposeAsync.")]
internal sealed class DhtService : IAsyncDisposable
{
    /// <summary>No search gives more addresses than this: a torrent can't use more, and what names more is no honest node.</summary>
    private const int MaxPeers = 2000;

    private static readonly LookupOutcome s_nothing = new() { Nearest = [], IsIncomplete = true };

    private readonly TimeProvider _time;
    private readonly DhtEndpoint[] _ends;
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
        _ends = [.. sockets.Select(socket => new DhtEndpoint(socket, settings))];
        if (_ends.Length == 2)
            _ends[0].Node.Join(_ends[1].Node);
        _bootstrap = new BootstrapNodes(settings.Resolve, _time);
        _bootstrap.Use(settings.Bootstrap);
        _loop = new DhtLoop(_ends, _time);
        _tables = settings.TableFile is { } path ? new RoutingTableSaver(new RoutingTableFile(path), _ends, _loop, _time) : null;
    }

    /// <summary>The UDP port; the same for both families where the system lets it be.</summary>
    public int Port { get; }

    /// <summary>How it stands, at most half a second old; renewed whenever a search ends.</summary>
    public DhtStatus Status => _loop.Status;

    /// <summary>Binds the sockets.</summary>
    /// <returns>Null when no UDP port can be bound at all.</returns>
    public static DhtService? TryOpen(DhtServiceSettings settings)
    {
        var sockets = new List<DhtSocket>();
        int port = settings.Port;
        foreach (AddressFamily family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            if (settings.BindAddress is { } only && only.AddressFamily != family || DhtSocket.TryOpen(family, settings.BindAddress, port) is not { } socket)
                continue;
            sockets.Add(socket);
            port = socket.Port;
        }

        return sockets.Count > 0 ? new DhtService(settings, sockets) : null;
    }

    /// <summary>Begins: known nodes are asked, then those of the bootstrap list.</summary>
    public void Start()
    {
        _tables?.Restore();
        foreach (DhtEndpoint end in _ends)
            Run(() => end.Socket.ReceiveAsync(packet => _loop.Take(end, packet), _closing.Token));
        _loop.Start();
        Run(BootstrapAsync);
        if (_tables is not null)
            Run(() => _tables.SaveRegularlyAsync(_closing.Token));
    }

    /// <summary>Names a node that may be there; it is asked before it is believed.</summary>
    public void AddNode(IPEndPoint node) => _loop.Do(() =>
    {
        if (EndOf(node.AddressFamily) is { } end)
            end.Add(node);
    });

    /// <summary>Has another list of names take the place of the one before, and asks them at once.</summary>
    public void UseBootstrap(IReadOnlyList<string> hostsAndPorts)
    {
        _bootstrap.Use(hostsAndPorts);
        Run(() => _bootstrap.FindAsync(AddNode, _closing.Token));
    }

    /// <summary>Adds to the list of names; what can't be read is ignored.</summary>
    /// <param name="hostAndPort"><c>host:port</c>, an IPv6 address in brackets.</param>
    public void AddBootstrap(string hostAndPort)
    {
        if (!BootstrapNodes.TryParse(hostAndPort, out string host, out int port))
            return;
        if (IPAddress.TryParse(host, out IPAddress? address))
            AddNode(new IPEndPoint(address, port));
        else if (_bootstrap.TryAdd(hostAndPort))
            Run(() => _bootstrap.FindAsync(AddNode, _closing.Token));
    }

    /// <summary>Searches for a torrent's peers.</summary>
    /// <returns>Groups of peers not named before, as they are found; ends with the search.</returns>
    public async IAsyncEnumerable<IReadOnlyList<IPEndPoint>> FindPeersAsync(
        InfoHash torrent, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var found = Channel.CreateUnbounded<IReadOnlyList<IPEndPoint>>(new UnboundedChannelOptions { SingleReader = true });
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

    /// <summary>Searches for a torrent's peers, and tells the nodes nearest to it that we are one.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="port">Our TCP port.</param>
    /// <param name="isSeed">Whether we have everything (BEP 33).</param>
    /// <param name="found">Takes groups of peers not named before, as they are found; called from the loop, so it must return at once.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <returns>How many nodes took the announce.</returns>
    public Task<int> AnnounceAsync(
        InfoHash torrent, ushort port, bool isSeed, Action<IReadOnlyList<IPEndPoint>> found, CancellationToken cancellation) =>
        SearchPeersAsync(torrent, port, isSeed, found, cancellation);

    /// <summary>Searches for an immutable item (BEP 44).</summary>
    /// <returns>The bencoded value, or null when no node has it.</returns>
    public async Task<ReadOnlyMemory<byte>?> GetItemAsync(NodeId target, CancellationToken cancellation)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        List<Task<ReadOnlyMemory<byte>?>> searches =
            [.. _ends.Select(end => AskAsync<ReadOnlyMemory<byte>?>(end, done => end.Node.GetItem(target, done), null, enough.Token))];
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

    /// <summary>Entrusts an immutable item to the nodes nearest to its id (BEP 44).</summary>
    /// <returns>How many nodes took it.</returns>
    public async Task<int> PutItemAsync(ReadOnlyMemory<byte> bencodedValue, CancellationToken cancellation)
    {
        LookupOutcome[] outcomes = await Task.WhenAll(
            _ends.Select(end => AskAsync<LookupOutcome>(end, done => end.Node.PutItem(bencodedValue, done), s_nothing, cancellation)));
        return outcomes.Sum(outcome => outcome.Stored);
    }

    /// <summary>Walks to a point.</summary>
    /// <returns>How many nodes near it answered.</returns>
    public async Task<int> FindNodesAsync(NodeId target, CancellationToken cancellation)
    {
        LookupOutcome[] outcomes = await Task.WhenAll(_ends.Select(end => AskAsync<LookupOutcome>(end, done => end.Node.FindNodes(target, done), s_nothing, cancellation)));
        return outcomes.Sum(outcome => outcome.Nearest.Count);
    }

    /// <summary>Asks one node for a sample of its torrents (BEP 51).</summary>
    /// <returns>Null when it does not answer or know the query.</returns>
    public async Task<SampledInfoHashes?> SampleAsync(IPEndPoint node, NodeId target, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<SampledInfoHashes?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Do(
            () =>
            {
                if (EndOf(node.AddressFamily) is { } end)
                    end.Node.SampleInfoHashes(node, target, sample => answer.TrySetResult(sample));
                else
                    answer.TrySetResult(null);
            },
            error => answer.TrySetException(error));
        return await answer.Task.WaitAsync(cancellation);
    }

    /// <summary>Ends everything: searches, sockets, and the loop; what is known goes into the file.</summary>
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
        foreach (DhtEndpoint end in _ends)
            end.Socket.Dispose();
        _closing.Dispose();
    }

    private async Task<int> SearchPeersAsync(
        InfoHash torrent, ushort? port, bool isSeed, Action<IReadOnlyList<IPEndPoint>> found, CancellationToken cancellation)
    {
        // Only the loop touches it, as only the nodes call what follows.
        var seen = new HashSet<IPEndPoint>();
        void Found(IReadOnlyList<IPEndPoint> peers)
        {
            IPEndPoint[] fresh = [.. peers.Where(peer => seen.Count < MaxPeers && seen.Add(peer))];
            if (fresh.Length > 0)
                found(fresh);
        }

        LookupOutcome[] outcomes = await Task.WhenAll(_ends.Select(end => AskAsync<LookupOutcome>(
            end, done => end.Node.FindPeers(torrent, port, impliedPort: false, isSeed, Found, done), s_nothing, cancellation)));
        return outcomes.Sum(outcome => outcome.Stored);
    }

    /// <summary>As <see cref="DhtEndpoint.AskAsync"/>; the end of the whole ends it, and waits for that.</summary>
    private async Task<T> AskAsync<T>(DhtEndpoint end, Func<Action<T>, DhtLookup> begin, T nothing, CancellationToken cancellation)
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
            return await end.AskAsync(_loop, begin, nothing, either.Token);
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
                await _bootstrap.FindAsync(AddNode, _closing.Token);
            foreach (DhtEndpoint end in _ends)
                _loop.Do(end.NamesAreFound);
            await Task.Delay(wait, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = Status.IsConnected ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(Math.Min(300, wait.TotalSeconds * 2));
        }
    }

    private DhtEndpoint? EndOf(AddressFamily family) => Array.Find(_ends, end => end.Family == family);

    /// <summary>Runs something beside the loop; the end waits for it.</summary>
    private void Run(Func<Task> work)
    {
        lock (_gate)
        {
            if (_closed is null)
                _tasks.Run(work);
        }
    }
}
