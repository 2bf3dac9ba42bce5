using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Metadata;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Pieces;
using TorrentPS.Engine.Swarm;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Engine.Trackers;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>
/// Puts the pumps of one torrent around its loop: what the loop asks for it starts, what they tell it posts. It decides nothing.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "What it owns is disposed in EndAsync, which every torrent comes to.")]
internal sealed class TorrentRunner : ITorrentStage, ISwarmHost, IPeerEvents, IStorageEvents, IDiscoveryUser
{
    private readonly TorrentMetainfo _metainfo;
    private readonly SessionResources _session;
    private readonly int _port;
    private readonly Action<TorrentStatus> _published;
    private readonly LiveSettings _settings;
    private readonly SwarmSettingsFactory _swarmSettings;
    private readonly TorrentSwarm _swarm;
    private readonly Mailbox<SwarmEvent> _mailbox;
    private readonly TorrentContent _content;
    private readonly PieceStore _store;
    private readonly PeerContext _peers;
    private readonly PeerConnector _connector;
    private readonly WebSeedConnector _webSeeds;
    private readonly TorrentDiscovery _discovery;
    private readonly WaitGroup _tasks = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ITimer _ticker;
    private readonly TaskCompletionSource<TorrentResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FoundMetadata? _found;
    private volatile TorrentStatus _status;

    public TorrentRunner(
        TorrentMetainfo metainfo,
        TorrentSettings settings,
        SessionResources session,
        int port,
        Action<TorrentStatus> published,
        FoundMetadata? found = null,
        TorrentDiscovery? discovery = null)
    {
        _found = found;
        _metainfo = metainfo;
        _settings = new LiveSettings(settings, session);
        _swarmSettings = new SwarmSettingsFactory(metainfo, session, port);
        _session = session;
        _port = port;
        _published = published;

        _content = new TorrentContent(metainfo, settings, session);
        _store = new PieceStore(_content.Files, _content.Verifier, session.Blocks, session.Storage, this, _content.SpillPath);
        _peers = new PeerContext(
            this, session.Blocks, new ContentReader(_content.Files), metainfo.Geometry, _settings.Download, _settings.Upload, session.Time, _tasks);
        _connector = new PeerConnector(metainfo.WireHash, session, this, _tasks, _closing.Token);
        _webSeeds = new WebSeedConnector(
            metainfo, _content.Files.Layout, session.Settings, _peers, Post, new Random(session.Random.Next()));
        _mailbox = new Mailbox<SwarmEvent>(Handle, EndTurn);
        _swarm = new TorrentSwarm(_swarmSettings.Create(settings, _content.Priorities), this, _store, session.Blocks, session.Time, new Random(session.Random.Next()));
        _status = _swarm.Status;

        // Each gets randomness of its own: that of the session is touched only while torrents are added, one at a time.
        discovery?.Pass(this, metainfo.IsPrivate);
        _discovery = discovery ?? new TorrentDiscovery(
            metainfo.WireHash, metainfo.Trackers, metainfo.IsPrivate, session, this, new Random(session.Random.Next()));
        _ticker = session.Time.CreateTimer(_ => _mailbox.Post(Tick.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public PeerFeatures Features => HandshakeExchange.Features | (_swarmSettings.Dht is null ? PeerFeatures.None : PeerFeatures.Dht);

    public TorrentStatus Status => _status;

    /// <summary>What holds now.</summary>
    public TorrentSettings Settings => _settings.Current;

    public Task<TorrentResult> Completion => _completion.Task;

    public IReadOnlyList<TrackerStatus> Trackers => _discovery.Trackers;

    /// <summary>Begins: the loop's first wish is to check existing data.</summary>
    public void Start()
    {
        NameDhtNodes();
        TakeOver();
        _swarm.Start();
        _ticker.Change(TickHandler.Period, TickHandler.Period);
        if (Settings.Peers.Count > 0)
            Post(new PeersFound(Settings.Peers, PeerSource.Manual));
    }

    /// <summary>Tells the loop something.</summary>
    public bool Post(SwarmEvent message) => _mailbox.Post(message);

    /// <inheritdoc/>
    public void Take(Socket socket, Handshake handshake, bool incoming)
    {
        PeerConnected connected = Wrap(socket, handshake, incoming, default);
        if (!Post(connected))
            connected.Refuse(DisconnectReason.Stopping);
    }

    /// <inheritdoc/>
    public void DialFailed(IPEndPoint endPoint, bool isSelf) => Post(new DialFailed(endPoint, isSelf));

    /// <inheritdoc/>
    public void Pause() => Post(new PauseRequested());

    /// <inheritdoc/>
    public void Resume() => Post(new ResumeRequested());

    /// <inheritdoc/>
    public void Stop() => Post(new StopRequested());

    /// <inheritdoc/>
    public void AddPeers(IReadOnlyList<IPEndPoint> peers) => Post(new PeersFound(peers, PeerSource.Manual));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PeerStatus>> GetPeersAsync()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<PeerStatus>>(TaskCreationOptions.RunContinuationsAsynchronously);
        return Post(new PeersRequested(answer)) ? await answer.Task : [];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PieceStatus>> GetPiecesAsync()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<PieceStatus>>(TaskCreationOptions.RunContinuationsAsynchronously);
        return Post(new PiecesRequested(answer)) ? await answer.Task : [];
    }

    /// <inheritdoc/>
    public Task ApplyAsync(Func<TorrentSettings, TorrentSettings> change) => _settings.ApplyAsync(change, async (before, after) =>
    {
        if (!after.WantsSameAs(before))
        {
            after.CheckFileIndexes(before, _metainfo.Files.Count);
            await ChooseAsync(after);
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!Post(new SettingsChanged(swarm => swarm with { Torrent = after }, done)))
            throw Ended();
        await done.Task;
    });

    /// <inheritdoc/>
    public void UseSession()
    {
        NameDhtNodes();
        _discovery.UseSession();
        Post(new SettingsChanged(_swarmSettings.WithSession, new TaskCompletionSource()));
    }

    long? ISwarmHost.UploadLimit => _settings.Upload.Limit;

    void ISwarmHost.StartCheck() => _tasks.Run(() => _content.CheckAsync(Post, _closing.Token));

    bool ISwarmHost.TryDial(IPEndPoint endPoint) => _connector.TryDial(endPoint);

    WebSeedOpened ISwarmHost.OpenWebSeed(Uri webSeed) => _webSeeds.Open(webSeed);

    void ISwarmHost.StartAnnouncing() => _discovery.Start();

    void ISwarmHost.AnnounceCompleted() => _discovery.NotifyCompleted();

    void ISwarmHost.StopAnnouncing() => _discovery.Leave();

    void ISwarmHost.DhtNodeFound(IPEndPoint node) => _swarmSettings.Dht?.AddNode(node);

    void ISwarmHost.Remember(IReadOnlyList<GoodPeer> peers) => _discovery.Remember(peers);

    void ISwarmHost.Publish(TorrentStatus status)
    {
        bool changed = status.State != _status.State;
        _status = status;
        if (changed)
            _published(status);
    }

    void ISwarmHost.Ended(bool goalReached) => _ = Task.Run(() => EndAsync(goalReached));

    void IPeerEvents.Received(IBlockSource source, MessageBatch batch) => _mailbox.PostAndHelp(new MessagesReceived(source, batch));

    void IPeerEvents.Closed(IBlockSource source, DisconnectReason reason, string? detail)
    {
        _session.Connections.Release();
        Post(new PeerClosed(source, reason, detail));
    }

    void IStorageEvents.PieceVerified(PieceIndex piece, ulong[]? digests) => Post(new PieceVerified(piece, digests));

    void IStorageEvents.PieceRejected(PieceIndex piece, ulong[] digests) => Post(new PieceRejected(piece, digests));

    void IStorageEvents.Faulted(StorageFault fault) => Post(new StorageFaulted(fault));

    AnnounceProgress IDiscoveryUser.Progress
    {
        get
        {
            TorrentStatus now = _status;

            // A tracker counts who lacks nothing as a seed, so what is lacking is of the whole torrent, wanted or not.
            long left = Math.Min(_metainfo.Size, (long)(now.PieceCount - now.PiecesHave) * _metainfo.PieceLength);
            return new AnnounceProgress(now.Uploaded, now.Downloaded, left, (ushort)_port);
        }
    }

    void IDiscoveryUser.PeersFound(IReadOnlyList<IPEndPoint> peers, PeerSource source) => Post(new PeersFound(peers, source));

    private void Handle(SwarmEvent message)
    {
        try
        {
            _swarm.Handle(message);
        }
        catch (Exception error)
        {
            // The loop's own code erred. Whatever state it is in now must not reach the disk or the peers.
            _swarm.Fail(error);
        }
    }

    private void EndTurn() => _swarm.EndTurn();

    private void NameDhtNodes()
    {
        foreach (HostEndPoint node in _metainfo.Nodes)
            _swarmSettings.Dht?.AddBootstrap(node.ToString());
    }

    /// <summary>Makes a peer of a connection, to be told to the loop.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="handshake">What the peer said first.</param>
    /// <param name="incoming">Whether the peer began it.</param>
    /// <param name="heard">What it said since and nobody has handled.</param>
    private PeerConnected Wrap(Socket socket, Handshake handshake, bool incoming, ReadOnlySpan<byte> heard)
    {
        socket.NoDelay = true;
        SendBacklog.Bound(socket);
        var connection = new PeerConnection(socket, _peers, heard);
        return new PeerConnected(connection, handshake, incoming, connection.Start);
    }

    /// <summary>Goes on with what the search for metadata found. Of a private torrent only what its trackers or the user named counts (BEP 27).</summary>
    private void TakeOver()
    {
        if (_found is not { } found)
            return;
        _found = null;
        HashSet<IPEndPoint> unfit = _metainfo.IsPrivate
            ? [.. found.Known.Where(known => known.Source is not (PeerSource.Tracker or PeerSource.Manual)).Select(known => known.EndPoint)]
            : [];
        var connections = new List<PeerConnected>();
        foreach (HandedConnection each in found.Connections)
        {
            PeerConnected connected = Wrap(each.Socket, each.Handshake, each.Incoming, each.Heard.Span);
            if (each.Incoming || !unfit.Contains(connected.Link.EndPoint))
            {
                connections.Add(connected);
                continue;
            }

            connected.Refuse(DisconnectReason.Stopping);
        }

        Post(new PeersTakenOver([.. found.Known.Where(known => !unfit.Contains(known.EndPoint))], found.Liars, connections));
    }

    /// <summary>Makes another choice of files: storage first, so that the loop finds all that is there in its place.</summary>
    private async Task ChooseAsync(TorrentSettings settings)
    {
        var chosen = new TaskCompletionSource<DownloadPriority[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        _tasks.Run(() =>
        {
            try
            {
                chosen.SetResult(_content.Choose(settings));
            }
            catch (Exception error)
            {
                chosen.SetException(_closing.IsCancellationRequested ? Ended() : error);
            }

            return Task.CompletedTask;
        });
        if (!Post(new PrioritiesChanged(await chosen.Task)))
            throw Ended();
    }

    private SessionException Ended() => new(SessionErrorId.TorrentEnded, $"'{_metainfo.Name}' has ended: there is nothing left to change.");

    private async Task EndAsync(bool goalReached)
    {
        await _closing.CancelAsync();
        await _ticker.DisposeAsync();
        Task farewell = _discovery.EndAsync();

        // What the pumps said last may still wait for the loop, with blocks that must go back; what storage says last, too.
        await _tasks.WhenIdleAsync();
        await _mailbox.WhenIdleAsync();
        await _store.DisposeAsync();
        _content.CleanUp(goalReached);
        await farewell;
        _mailbox.Close();
        await _mailbox.WhenIdleAsync();
        _closing.Dispose();
        _status = _swarm.Status;
        _completion.SetResult(new TorrentResult(_status, goalReached));
    }
}
