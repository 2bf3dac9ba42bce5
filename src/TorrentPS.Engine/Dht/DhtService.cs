using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
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
    /// <summary>Packets that wait for the loop; more are dropped, as the system would: by the time of their turn they are stale.</summary>
    private const int MaxWaiting = 1024;

    /// <summary>No search gives more addresses than this: a torrent can't use more, and what names more is no honest node.</summary>
    private const int MaxPeers = 2000;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_statusAge = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_savePeriod = TimeSpan.FromMinutes(10);

    /// <summary>How long a search waits for the first node that answers.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private static readonly LookupOutcome s_nothing = new() { Nearest = [], IsIncomplete = true };

    private readonly TimeProvider _time;
    private readonly DhtEnd[] _ends;
    private readonly DhtBootstrap _bootstrap;
    private readonly DhtTableFile? _file;
    private readonly Mailbox<Message> _mailbox;
    private readonly PumpCount _pumps = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ITimer _ticker;
    private readonly Lock _gate = new();
    private volatile DhtStatus _status;
    private long _statusAt;
    private int _waiting;
    private int _tickWaits;
    private Task? _closed;

    private DhtService(DhtServiceSettings settings, IReadOnlyList<DhtSocket> sockets)
    {
        _time = settings.Time;
        Port = sockets[0].Port;
        _ends = [.. sockets.Select(socket => new DhtEnd(socket, settings))];
        if (_ends.Length == 2)
            _ends[0].Node.Join(_ends[1].Node);
        _bootstrap = new DhtBootstrap(settings.Resolve, _time);
        _bootstrap.Use(settings.Bootstrap);
        _file = settings.TableFile is { } path ? new DhtTableFile(path) : null;
        _mailbox = new Mailbox<Message>(Handle, () => { });
        _status = Snapshot();
        _ticker = _time.CreateTimer(_ => PostTick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The UDP port; the same for both families where the system lets it be.</summary>
    public int Port { get; }

    /// <summary>How it stands, at most half a second old; renewed whenever a search ends.</summary>
    public DhtStatus Status => _status;

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
        if (_file?.Load() is { } tables)
        {
            foreach (DhtEnd end in _ends.Where(end => tables.ContainsKey(end.Family)))
                Do(() => end.Restore(tables[end.Family]));
        }

        foreach (DhtEnd end in _ends)
            Run(() => end.Socket.ReceiveAsync(packet => Take(end, packet), _closing.Token));
        _ticker.Change(s_tick, s_tick);
        Run(BootstrapAsync);
        if (_file is not null)
            Run(SaveRegularlyAsync);
    }

    /// <summary>Names a node that may be there; it is asked before it is believed.</summary>
    public void AddNode(IPEndPoint node) => Do(() =>
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
        if (!DhtBootstrap.TryParse(hostAndPort, out string host, out int port))
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
        Do(
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
        await _ticker.DisposeAsync();
        await _pumps.WhenIdleAsync();
        await SaveAsync();
        _mailbox.Close();
        await _mailbox.WhenIdleAsync();
        foreach (DhtEnd end in _ends)
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

    /// <summary>Waits until a node knows others, has it begin a lookup, and waits for its end.</summary>
    /// <param name="end">The node's.</param>
    /// <param name="begin">Begins the lookup.</param>
    /// <param name="nothing">The result when it knows no others.</param>
    /// <param name="cancellation">Ends it.</param>
    private async Task<T> AskAsync<T>(DhtEnd end, Func<Action<T>, DhtLookup> begin, T nothing, CancellationToken cancellation)
    {
        CancellationTokenSource either;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed is not null, this);
            either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
            _pumps.Enter();
        }

        DhtLookup? lookup = null;
        bool hasTurn = false;
        try
        {
            if (!end.IsConnected)
                await end.Ready.WaitAsync(s_patience, _time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            either.Token.ThrowIfCancellationRequested();
            if (!end.IsConnected)
                return nothing;
            await end.Turns.WaitAsync(either.Token);
            hasTurn = true;
            var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            void Finish(T result)
            {
                // Who asks next how the DHT stands must not hear what held before this search.
                Publish();
                answer.TrySetResult(result);
            }

            Do(() => lookup = begin(Finish), error => answer.TrySetException(error));
            return await answer.Task.WaitAsync(either.Token);
        }
        finally
        {
            Do(() => lookup?.Cancel());
            if (hasTurn)
                end.Turns.Release();
            either.Dispose();
            _pumps.Leave();
        }
    }

    private async Task BootstrapAsync()
    {
        TimeSpan wait = TimeSpan.FromSeconds(5);
        while (!_closing.IsCancellationRequested)
        {
            if (!_status.IsConnected)
                await _bootstrap.FindAsync(AddNode, _closing.Token);
            foreach (DhtEnd end in _ends)
                Do(end.NamesAreFound);
            await Task.Delay(wait, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = _status.IsConnected ? TimeSpan.FromMinutes(5) : TimeSpan.FromSeconds(Math.Min(300, wait.TotalSeconds * 2));
        }
    }

    private async Task SaveRegularlyAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            await Task.Delay(s_savePeriod, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_closing.IsCancellationRequested)
                await SaveAsync();
        }
    }

    private async Task SaveAsync()
    {
        if (_file is null)
            return;
        var tables = new TaskCompletionSource<(AddressFamily, byte[])[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        Do(() => tables.SetResult([.. _ends.Select(end => (end.Family, end.Node.SaveTable()))]), error => tables.SetException(error));
        _file.Save(await tables.Task);
    }

    private DhtEnd? EndOf(AddressFamily family) => Array.Find(_ends, end => end.Family == family);

    private DhtStatus Snapshot() => new() { Port = Port, Nodes = [.. _ends.Select(end => end.Status())] };

    private void Take(DhtEnd end, DhtPacket packet)
    {
        if (Interlocked.Increment(ref _waiting) <= MaxWaiting && _mailbox.PostAndHelp(new Message(end, packet, null, null)))
            return;
        Interlocked.Decrement(ref _waiting);
        end.CountDrop();
        ArrayPool<byte>.Shared.Return(packet.Buffer);
    }

    private void PostTick()
    {
        // A slow loop gets one tick when it comes to it, not all that it missed.
        if (Interlocked.Exchange(ref _tickWaits, 1) == 0)
            Do(Tick);
    }

    private void Tick()
    {
        _tickWaits = 0;
        foreach (DhtEnd end in _ends)
            end.Tick();
        if (_time.GetElapsedTime(_statusAt) >= s_statusAge)
            Publish();
    }

    private void Publish()
    {
        _statusAt = _time.GetTimestamp();
        _status = Snapshot();
    }

    /// <summary>Has the loop do something.</summary>
    private void Do(Action deed, Action<Exception>? failed = null)
    {
        if (!_mailbox.Post(new Message(null, default, deed, failed)))
            failed?.Invoke(new ObjectDisposedException(nameof(DhtService)));
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

    /// <summary>Runs something beside the loop; the end waits for it.</summary>
    private void Run(Func<Task> work)
    {
        lock (_gate)
        {
            if (_closed is null)
                _pumps.Run(work);
        }
    }

    /// <summary>What the loop is told: a packet for a node, or something to do.</summary>
    private readonly record struct Message(DhtEnd? End, DhtPacket Packet, Action? Deed, Action<Exception>? Failed);
}
