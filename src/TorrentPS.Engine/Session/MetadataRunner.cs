using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Metadata;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Session;

/// <summary>Puts the pumps around the search for a magnet link's metadata. It decides nothing.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "What it owns is disposed in EndAsync, which every search comes to.")]
internal sealed class MetadataRunner : ITorrentStage, IMetadataHost, IDiscoveryUser
{
    /// <summary>What is told to trackers as lacking while the length is not known: enough not to be taken for a seed.</summary>
    private const long UnknownLeft = 16 * 1024;

    private readonly MagnetLink _link;
    private readonly SessionResources _session;
    private readonly int _port;
    private readonly Action<TorrentStatus> _published;
    private readonly MetadataSearch _search;
    private readonly Mailbox<MetadataEvent> _mailbox;
    private readonly MetadataContext _context;
    private readonly PeerConnector _connector;
    private readonly WaitGroup _tasks = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ITimer _ticker;
    private readonly TaskCompletionSource<FoundMetadata?> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LiveSettings _settings;
    private volatile TorrentStatus _status;
    private volatile bool _isFinding;

    /// <param name="link">What is sought.</param>
    /// <param name="settings">What holds for the torrent.</param>
    /// <param name="session">What all torrents share.</param>
    /// <param name="port">The port we listen on.</param>
    /// <param name="published">Told of each status.</param>
    public MetadataRunner(MagnetLink link, TorrentSettings settings, SessionResources session, int port, Action<TorrentStatus> published)
    {
        _link = link;
        _settings = new LiveSettings(settings, session);
        _session = session;
        _port = port;
        _published = published;
        _context = new MetadataContext(Post, node => session.PeerSources.Dht?.AddNode(node), _settings.Download, _tasks);
        _connector = new PeerConnector(link.WireHash, session, this, _tasks, _closing.Token);
        _mailbox = new Mailbox<MetadataEvent>(Handle, () => _search!.EndTurn());
        _search = new MetadataSearch(SearchSettings(), this, session.Time, new Random(session.Random.Next()));
        _status = _search.Status;
        Discovery = new TorrentDiscovery(
            link.WireHash, [.. link.Trackers.Select(url => new[] { url })], isPrivate: false, session, this, new Random(session.Random.Next()));
        _ticker = session.Time.CreateTimer(_ => _mailbox.Post(MetadataTick.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What finds peers; goes on with the torrent, unless that has another hash.</summary>
    public TorrentDiscovery Discovery { get; }

    /// <summary>Ends with the metadata, or with null when it was stopped or failed.</summary>
    public Task<FoundMetadata?> Completion => _completion.Task;

    /// <inheritdoc/>
    public PeerFeatures Features => HandshakeExchange.Features | (_session.PeerSources.Dht is null ? PeerFeatures.None : PeerFeatures.Dht);

    /// <inheritdoc/>
    public TorrentSettings Settings => _settings.Current;

    /// <inheritdoc/>
    public TorrentStatus Status => _status;

    /// <inheritdoc/>
    public IReadOnlyList<TrackerStatus> Trackers => Discovery.Trackers;

    /// <summary>How far it is.</summary>
    public MetadataProgress Progress { get; private set; }

    AnnounceProgress IDiscoveryUser.Progress => new(0, 0, _link.ExactLength ?? UnknownLeft, (ushort)_port);

    /// <summary>Begins.</summary>
    public void Start()
    {
        _search.Start();
        _ticker.Change(TickHandler.Period, TickHandler.Period);
        AddPeers(Settings.Peers);
        if (_link.Peers.Count > 0)
            _tasks.Run(() => LinkPeers.ResolveAsync(_link, AddPeers, _closing.Token));
    }

    /// <summary>Searches for the metadata alone, to the end: nothing goes on with the torrent.</summary>
    /// <returns>The info dictionary, its hash verified; null when it was stopped or failed.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public async Task<ReadOnlyMemory<byte>?> FetchAsync(CancellationToken cancellation)
    {
        Start();
        using CancellationTokenRegistration stop = cancellation.Register(Stop);
        FoundMetadata? found = await Completion;
        cancellation.ThrowIfCancellationRequested();
        if (found is null)
            return null;
        found.Drop(_session);
        await Discovery.EndAsync();
        return found.Info;
    }

    /// <inheritdoc/>
    public void Take(Socket socket, Handshake handshake, bool incoming)
    {
        socket.NoDelay = true;
        var connection = new MetadataConnection(socket, handshake, incoming, _context);
        var connected = new MetadataPeerConnected(connection, handshake, incoming, connection.Start);
        if (!Post(connected))
            connected.Refuse(DisconnectReason.Stopping);
    }

    /// <inheritdoc/>
    public void DialFailed(IPEndPoint endPoint, bool isSelf) => Post(new MetadataDialFailed(endPoint, isSelf));

    /// <inheritdoc/>
    public void Pause() => Post(new MetadataPause());

    /// <inheritdoc/>
    public void Resume() => Post(new MetadataResume());

    /// <inheritdoc/>
    public void Stop() => Post(new MetadataStop());

    /// <inheritdoc/>
    public void UseSession()
    {
        Discovery.UseSession();
        Post(new MetadataSettingsChanged(OfSession));
    }

    /// <inheritdoc/>
    public void AddPeers(IReadOnlyList<IPEndPoint> peers)
    {
        if (peers.Count > 0)
            Post(new MetadataPeersFound(peers, PeerSource.Manual));
    }

    /// <inheritdoc/>
    public Task ApplyAsync(Func<TorrentSettings, TorrentSettings> change) => _settings.ApplyAsync(change, (before, after) =>
    {
        if (!after.HasSameFilePriorities(before))
        {
            throw new SessionException(
                SessionErrorId.BadSettings,
                $"The files of '{_status.Name}' are not known before its metadata is received. Choose files by wildcard.");
        }

        FileSelection.Check(after);
        return Task.CompletedTask;
    });

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PeerStatus>> GetPeersAsync()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<PeerStatus>>(TaskCreationOptions.RunContinuationsAsynchronously);
        return Post(new MetadataPeersRequested(answer)) ? await answer.Task : [];
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<PieceStatus>> GetPiecesAsync() => Task.FromResult<IReadOnlyList<PieceStatus>>([]);

    bool IMetadataHost.TryDial(IPEndPoint endPoint) => _connector.TryDial(endPoint);

    void IMetadataHost.StartFinding()
    {
        _isFinding = true;
        Discovery.Start();
    }

    void IMetadataHost.StopFinding()
    {
        _isFinding = false;
        Discovery.Leave();
    }

    void IMetadataHost.Publish(TorrentStatus status)
    {
        _status = status;
        Progress = _search.Progress;
        _published(status);
    }

    void IMetadataHost.Found(byte[] info)
    {
        // Taken here, where nothing else touches it.
        var found = new FoundMetadata(info, _search.Known, _search.Liars, []);
        IReadOnlyList<MetadataPeer> peers = _search.Connections;
        _ = Task.Run(() => HandOverAsync(found, peers));
    }

    void IMetadataHost.Ended() => _ = Task.Run(EndAsync);

    void IDiscoveryUser.PeersFound(IReadOnlyList<IPEndPoint> peers, PeerSource source)
    {
        if (_isFinding)
            Post(new MetadataPeersFound(peers, source));
    }

    private bool Post(MetadataEvent message)
    {
        if (_mailbox.Post(message))
            return true;

        // The places that connections hold are given back by whoever hears of their end, and that is nobody now.
        if (message is MetadataPeerClosed)
            _session.Connections.Release();
        return false;
    }

    private void Handle(MetadataEvent message)
    {
        try
        {
            if (message is MetadataPeerClosed)
                _session.Connections.Release();
            _search.Handle(message);
        }
        catch (Exception)
        {
            // The loop's own code erred: nothing of what it holds can be relied on.
            _search.Fail();
        }
    }

    /// <summary>The metadata is here: connections leave their tasks, and everything goes to who waits for it.</summary>
    private async Task HandOverAsync(FoundMetadata found, IReadOnlyList<MetadataPeer> peers)
    {
        await _ticker.DisposeAsync();
        await _closing.CancelAsync();
        HandedConnection?[] handed = await Task.WhenAll(peers.Select(peer => ((MetadataConnection)peer.Link).HandOverAsync()));
        await CloseAsync();
        _completion.SetResult(found with { Connections = [.. handed.OfType<HandedConnection>()] });
    }

    private async Task EndAsync()
    {
        await _closing.CancelAsync();
        await _ticker.DisposeAsync();
        Task farewell = Discovery.EndAsync();
        await CloseAsync();
        await farewell;
        _status = _search.Status;
        _completion.SetResult(null);
    }

    private async Task CloseAsync()
    {
        await _mailbox.WhenIdleAsync();
        await _tasks.WhenIdleAsync();
        _mailbox.Close();
        await _mailbox.WhenIdleAsync();
        _closing.Dispose();
    }

    /// <summary>The part that the session's settings say.</summary>
    private MetadataSettings OfSession(MetadataSettings before) => before with
    {
        DhtPort = (ushort?)_session.PeerSources.Dht?.Port,
        UsesPex = _session.Settings.EnablePex,
    };

    private MetadataSettings SearchSettings() => OfSession(new MetadataSettings
    {
        Name = _link.Title,
        InfoHash = _link.InfoHash,
        InfoHashV2 = _link.InfoHashV2,
        Size = _link.ExactLength ?? 0,
        Destination = Settings.Destination,
        PeerId = _session.PeerId,
        ListenPort = _port,
        MaxPeers = Settings.MaxPeers,
        MaxSize = (int)Math.Min(_session.Settings.MaxMetadataSize, int.MaxValue),
    });
}
