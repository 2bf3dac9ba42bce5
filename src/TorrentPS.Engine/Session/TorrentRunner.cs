using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Snapshots;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Swarm;
using TorrentPS.Engine.Swarm.Handlers;
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
internal sealed class TorrentRunner : ISwarmHost, IPeerEvents, IStorageEvents, ITrackerEvents
{
    private readonly TorrentMetainfo _metainfo;
    private readonly TorrentSettings _settings;
    private readonly SessionResources _session;
    private readonly int _port;
    private readonly Action<TorrentStatus> _published;
    private readonly TorrentSwarm _swarm;
    private readonly Mailbox<SwarmEvent> _mailbox;
    private readonly DownloadPriority[] _wishes;
    private readonly ContentFiles _files;
    private readonly IContentFiles _content;
    private readonly PieceVerifier _verifier;
    private readonly PieceStore _store;
    private readonly PeerContext _peers;
    private readonly PumpCount _pumps = new();
    private readonly CancellationTokenSource _closing = new();

    /// <summary>The loop's own: that of the session is touched only while torrents are added, one at a time.</summary>
    private readonly Random _random;
    private readonly ITimer _ticker;
    private readonly TaskCompletionSource<TorrentResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TrackerAnnouncer? _announcer;
    private Task _leaving = Task.CompletedTask;
    private volatile TorrentStatus _status;

    public TorrentRunner(
        TorrentMetainfo metainfo, TorrentSettings settings, SessionResources session, int port, Action<TorrentStatus> published)
    {
        _metainfo = metainfo;
        _settings = settings;
        _session = session;
        _port = port;
        _published = published;
        Download = new RateLimit(session.Download, settings.DownloadLimit, session.Time);
        Upload = new RateLimit(session.Upload, settings.UploadLimit, session.Time);

        _wishes = FileSelection.OfFiles(metainfo, settings);
        _files = new ContentFiles(ContentLayout.Of(metainfo), settings.Destination, settings.Allocation, session.Settings.MaxOpenFiles);
        _content = IsSelective ? new SelectedFiles(_files, IsWanted, RestPath) : _files;
        _verifier = PieceVerifier.Of(metainfo);
        _store = new PieceStore(_content, _verifier, session.Blocks, session.Storage, this, SpillPath);
        _peers = new PeerContext(this, session.Blocks, new ContentReader(_content), metainfo.Geometry, Download, Upload, session.Time, _pumps);
        _mailbox = new Mailbox<SwarmEvent>(Handle, EndTurn);
        _swarm = new TorrentSwarm(SwarmSettingsOf(), this, _store, session.Blocks, session.Time, new Random(session.Random.Next()));
        _random = new Random(session.Random.Next());
        _status = _swarm.Status;
        _ticker = session.Time.CreateTimer(_ => _mailbox.Post(Tick.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public RateLimit Download { get; }

    public RateLimit Upload { get; }

    public TorrentStatus Status => _status;

    public Task<TorrentResult> Completion => _completion.Task;

    public IReadOnlyList<TrackerStatus> Trackers => _announcer?.Statuses ?? [];

    private string SpillPath => Path.Combine(_session.StateFolder, $"{_metainfo.WireHash}-{_session.PeerId.ToString()[^16..]}.parts");

    private string RestPath => RestFile.PathFor(_session.StateFolder, _metainfo.WireHash.ToString(), _settings.Destination);

    /// <summary>Whether a file is left out that would be on disk.</summary>
    private bool IsSelective => _files.Layout.Files.Index().Any(file => file.Item.IsOnDisk && !IsWanted(file.Index));

    /// <summary>Begins: the loop's first wish is to check existing data.</summary>
    public void Start()
    {
        _swarm.Start();
        _ticker.Change(TickHandler.Period, TickHandler.Period);
        if (_settings.Peers.Count > 0)
            Post(new PeersFound(_settings.Peers, PeerSource.Manual));
    }

    /// <summary>Tells the loop something.</summary>
    public bool Post(SwarmEvent message) => _mailbox.Post(message);

    /// <summary>Takes a connection that somebody else began, its handshake heard and answered.</summary>
    public void Accept(Socket socket, Handshake handshake) => Connect(socket, handshake, incoming: true);

    long? ISwarmHost.UploadLimit => Upload.Limit;

    void ISwarmHost.StartCheck()
    {
        _pumps.Enter();
        _ = Task.Run(CheckAsync);
    }

    bool ISwarmHost.TryDial(IPEndPoint endPoint)
    {
        if (!_session.Connections.TryBegin())
            return false;
        _pumps.Enter();
        _ = Task.Run(() => DialAsync(endPoint));
        return true;
    }

    void ISwarmHost.StartAnnouncing()
    {
        if (_metainfo.Trackers.Count == 0)
            return;
        _announcer = new TrackerAnnouncer(
            Tiers(), _metainfo.WireHash, _session.PeerId, Progress, _session.Trackers, this, _session.Time, new Random(_random.Next()));
        _announcer.Start();
    }

    void ISwarmHost.AnnounceCompleted() => _announcer?.NotifyCompleted();

    void ISwarmHost.StopAnnouncing() => _leaving = LeaveTrackersAsync();

    void ISwarmHost.Publish(TorrentStatus status)
    {
        bool changed = status.State != _status.State;
        _status = status;
        if (changed)
            _published(status);
    }

    void ISwarmHost.Ended(bool goalReached) => _ = Task.Run(() => EndAsync(goalReached));

    void IPeerEvents.Received(IPeerLink link, MessageBatch batch) => _mailbox.PostAndHelp(new MessagesReceived(link, batch));

    void IPeerEvents.Closed(IPeerLink link, DisconnectReason reason, string? detail)
    {
        _session.Connections.Release();
        Post(new PeerClosed(link, reason, detail));
    }

    void IStorageEvents.PieceVerified(PieceIndex piece, ulong[]? digests) => Post(new PieceVerified(piece, digests));

    void IStorageEvents.PieceRejected(PieceIndex piece, ulong[] digests) => Post(new PieceRejected(piece, digests));

    void IStorageEvents.Faulted(StorageFault fault) => Post(new StorageFaulted(fault));

    void ITrackerEvents.PeersFound(Uri tracker, IReadOnlyList<IPEndPoint> peers) => Post(new PeersFound(peers, PeerSource.Tracker));

    void ITrackerEvents.TrackerChanged(TrackerStatus status)
    {
        // Asked for when somebody wants to see it.
    }

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

    private bool IsWanted(int file) => _wishes[file] != DownloadPriority.Skip;

    private void EndTurn() => _swarm.EndTurn();

    private async Task CheckAsync()
    {
        try
        {
            Bitfield have = await FindExistingAsync();
            if (_settings.Role == TorrentRole.Download)
            {
                if (IsLacking(have))
                    _files.EnsureWritable();
                _files.CreateEmptyFiles(IsWanted);
            }

            Post(new CheckFinished(have));
        }
        catch (OperationCanceledException)
        {
            // The torrent ends meanwhile.
        }
        catch (Exception error)
        {
            // Whatever it was: a torrent that says why it waits is better than one that checks for ever.
            Post(new CheckFailed(StorageFaults.Wrap(error, _settings.Destination).Fault));
        }
        finally
        {
            _pumps.Leave();
        }
    }

    /// <summary>Whether any piece that is wanted is not there.</summary>
    private bool IsLacking(Bitfield have)
    {
        DownloadPriority[] wishes = FileSelection.OfPieces(_metainfo, _wishes, _settings.PieceCount);
        for (int i = 0; i < have.PieceCount; i++)
        {
            if ((wishes.Length == 0 || wishes[i] != DownloadPriority.Skip) && !have.Contains(new PieceIndex(i)))
                return true;
        }

        return false;
    }

    private async Task<Bitfield> FindExistingAsync()
    {
        if (_settings.SkipCheck)
        {
            var all = new Bitfield(_metainfo.PieceCount);
            all.Fill();
            return all;
        }

        var progress = new CheckReport(this);
        ContentCheckResult result = await ContentChecker.CheckAsync(_content, _verifier, progress, cancellation: _closing.Token);
        return result.Verified;
    }

    private async Task DialAsync(IPEndPoint endPoint)
    {
        Socket? socket = null;
        bool connected = false, isSelf = false;
        try
        {
            socket = await Dialer.ConnectAsync(endPoint, _session.Settings.BindAddress, _closing.Token);
            Handshake? heard = await HandshakeExchange.InitiateAsync(socket, _metainfo.WireHash, _session.PeerId, _closing.Token);
            isSelf = heard?.PeerId == _session.PeerId;
            if (heard is { } handshake && !isSelf)
            {
                Connect(socket, handshake, incoming: false);
                connected = true;
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The address did not answer; the loop decides whether it is tried again.
        }

        _session.Connections.EndHalfOpen();
        if (!connected)
        {
            socket?.Dispose();
            _session.Connections.Release();
            Post(new DialFailed(endPoint, isSelf));
        }

        _pumps.Leave();
    }

    private void Connect(Socket socket, Handshake handshake, bool incoming)
    {
        socket.NoDelay = true;
        var connection = new PeerConnection(socket, _peers);
        if (Post(new PeerConnected(connection, handshake, incoming, connection.Start)))
            return;
        connection.Close(DisconnectReason.Stopping);
        connection.Start();
    }

    private IEnumerable<IEnumerable<Uri>> Tiers() => _metainfo.Trackers.Select(
        tier => tier.Select(text => Uri.TryCreate(text, UriKind.Absolute, out Uri? url) ? url : null).OfType<Uri>());

    private AnnounceProgress Progress()
    {
        TorrentStatus status = _status;

        // A tracker counts who lacks nothing as a seed, so what is lacking is of the whole torrent, wanted or not.
        long left = Math.Min(_metainfo.Size, (long)(status.PieceCount - status.PiecesHave) * _metainfo.PieceLength);
        return new AnnounceProgress(status.Uploaded, status.Downloaded, left, (ushort)_port);
    }

    private async Task LeaveTrackersAsync()
    {
        if (Interlocked.Exchange(ref _announcer, null) is not { } announcer)
            return;
        await announcer.StopAsync(_session.Settings.CloseGrace);
    }

    private async Task EndAsync(bool goalReached)
    {
        await _closing.CancelAsync();
        await _ticker.DisposeAsync();
        Task trackers = Task.WhenAll(_leaving, LeaveTrackersAsync());
        await _pumps.WhenIdleAsync();
        await _store.DisposeAsync();
        if (goalReached && _settings.Role == TorrentRole.Download && !IsSelective)
            RestFile.Delete(RestPath);
        await trackers;
        _mailbox.Close();
        _closing.Dispose();
        _completion.SetResult(new TorrentResult(_status, goalReached));
    }

    private SwarmSettings SwarmSettingsOf() => new()
    {
        Name = _metainfo.Name,
        InfoHash = _metainfo.InfoHash,
        InfoHashV2 = _metainfo.InfoHashV2,
        Size = _metainfo.Size,
        Destination = _settings.Destination,
        Geometry = _metainfo.Geometry,
        PeerId = _session.PeerId,
        ListenPort = _port,
        Role = _settings.Role,
        AllowPartial = _settings.AllowPartial,
        StopWhen = _settings.StopWhen,
        SeedRatio = _settings.SeedRatio,
        Strategy = _settings.Strategy,
        MaxPeers = _settings.MaxPeers,
        Priorities = FileSelection.OfPieces(_metainfo, _wishes, _settings.PieceCount),
        MaxPartialPieces = Math.Max(2, _session.Blocks.Capacity * 3 / 4 / _metainfo.Geometry.BlocksPerPiece),
    };

    /// <summary>Passes progress on without the detour over a synchronisation context.</summary>
    private sealed class CheckReport(TorrentRunner runner) : IProgress<ContentProgress>
    {
        public void Report(ContentProgress value) => runner.Post(new CheckProgressed(value.Percent / 100));
    }
}
