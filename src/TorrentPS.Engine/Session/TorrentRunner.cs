using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Dht;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Swarm;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Session;

/// <summary>Parses a downloaded info dictionary and completes the torrent's settings for it.</summary>
/// <param name="info">The info dictionary. Its hash has been verified.</param>
/// <param name="settings">The torrent's current settings.</param>
/// <returns>
/// The torrent and its completed settings. Null if only the metadata was requested; the torrent then stops.
/// </returns>
internal delegate (TorrentMetainfo Metainfo, TorrentSettings Settings)? AcceptMetadata(
    ReadOnlyMemory<byte> info, TorrentSettings settings);

/// <summary>
/// Runs one torrent from its addition to its end: its loop, and the connections, storage and announces around it. Does
/// what the loop requests (<see cref="ISwarmHost"/>), and posts results and other events to the loop.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "EndAsync disposes the fields when the torrent has ended.")]
internal sealed partial class TorrentRunner
{
    /// <summary>
    /// Value of <c>left</c> in announces to trackers while the size of the torrent is unknown, in bytes. It is one
    /// block, because 0 would announce this client as a seed.
    /// </summary>
    private const long UnknownLeft = 16 * 1024;

    private readonly MagnetLink? _link;
    private readonly AcceptMetadata? _accept;
    private readonly SessionResources _session;
    private readonly int _port;
    private readonly TorrentIdentity _identity;
    private readonly LiveSettings _settings;
    private readonly SwarmSettingsFactory _swarmSettings;
    private readonly TorrentSwarm _swarm;
    private readonly Mailbox<SwarmEvent> _mailbox;
    private readonly PeerContext _peers;
    private readonly Random _webSeedRandom;
    private readonly WaitGroup _tasks = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ITimer _ticker;
    private readonly TaskCompletionSource<TorrentResult> _completion = new(
        TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<TorrentMetainfo?> _metadata = new(
        TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TorrentContent? _content;
    private volatile TorrentDiscovery _discovery;
    private Task _replacedDiscovery = Task.CompletedTask;
    private volatile TorrentStatus _status;
    private volatile TorrentQueue.Place? _queuePlace;

    /// <param name="metainfo">The metadata; null to download it.</param>
    /// <param name="link">
    /// The magnet link by which the torrent was added; null if it was added by its metadata. The peers in the link
    /// (<c>x.pe</c>, BEP 9) are dialed, unless the torrent is private (BEP 27).
    /// </param>
    /// <param name="accept">
    /// Called once with downloaded metadata. If it throws, the torrent fails. Null if the metadata is known.
    /// </param>
    /// <param name="settings">The torrent's settings.</param>
    /// <param name="session">The session's shared resources.</param>
    /// <param name="port">The TCP port on which this client accepts peers.</param>
    public TorrentRunner(
        TorrentMetainfo? metainfo,
        MagnetLink? link,
        AcceptMetadata? accept,
        TorrentSettings settings,
        SessionResources session,
        int port)
    {
        _link = link;
        _accept = accept;
        _session = session;
        _port = port;
        _settings = new LiveSettings(settings, session);
        _identity = TorrentIdentity.Of(session.PeerId, metainfo, session.Secrets);
        _swarmSettings = new SwarmSettingsFactory(session, _identity.PeerId, port);
        _peers = new PeerContext(this, session.Blocks, _settings.Download, _settings.Upload, session.Time, _tasks);
        _mailbox = new Mailbox<SwarmEvent>(Handle, EndTurn);

        // The session's random numbers are not thread-safe. Torrents use them only here, under the session's lock.
        _webSeedRandom = new Random(session.Random.Next());
        if (metainfo is not null)
        {
            OpenContent(metainfo, settings);
            _metadata.SetResult(metainfo);
        }

        SwarmSettings first = _content is { } content
            ? _swarmSettings.Create(content, settings)
            : _swarmSettings.Create(link!, settings);
        _swarm = new TorrentSwarm(
            first, this, _content?.Store, session.Blocks, session.Time, new Random(session.Random.Next()));
        _status = _swarm.Status;
        _discovery = new TorrentDiscovery(
            WireHash,
            metainfo?.Trackers ?? [.. link!.Trackers.Select(url => new[] { url })],
            metainfo is { IsPrivate: true },
            _identity,
            session,
            this,
            new Random(session.Random.Next()));
        _ticker = session.Time.CreateTimer(
            _ => _mailbox.Post(Tick.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// Receives each status, about four times a second and at each change of state. Set before <see cref="Start"/>.
    /// </summary>
    public Action<TorrentStatus>? Published { get; set; }

    /// <summary>The TCP port on which this client accepts the torrent's peers.</summary>
    public int ListenPort => _port;

    public TorrentStatus Status => _status;

    public TorrentSettings Settings => _settings.Current;

    public Task<TorrentResult> Completion => _completion.Task;

    /// <summary>The metadata; null until it was downloaded and accepted (<see cref="AcceptMetadata"/>).</summary>
    public TorrentMetainfo? Metainfo => _content?.Metainfo;

    /// <summary>Completes with the metadata when it is known, or with null when the torrent ends without it.</summary>
    public Task<TorrentMetainfo?> MetadataReceived => _metadata.Task;

    public MetadataProgress MetadataProgress { get; private set; }

    /// <summary>
    /// The info hash in handshakes and announces. If a torrent was added by its v2 hash and its metadata shows that it
    /// is a hybrid torrent, this changes to its v1 hash.
    /// </summary>
    public InfoHash WireHash => Metainfo?.WireHash ?? _link!.WireHash;

    public TorrentTrackers Trackers => _discovery.Trackers;

    /// <summary>
    /// The session's DHT service; null while the DHT is off, and for private torrents, which must not use it (BEP 27).
    /// </summary>
    private DhtService? Dht => Metainfo is { IsPrivate: true } ? null : _session.PeerSources.Dht;

    /// <summary>Adds events about the torrent and, if they are known, its files to the event log.</summary>
    public void ReportAdded()
    {
        Report(SessionEventKind.TorrentAdded, EventMessages.Added(Settings, Metainfo is not null));
        ReportFiles(Settings);
    }

    /// <summary>Starts the torrent at once, or when its queue has a place for it.</summary>
    public void Start(TorrentQueue? queue = null)
    {
        _session.InfoHashes.Add(WireHash);
        AddDhtNodes();
        if (queue is null)
        {
            _swarm.Start();
        }
        else
        {
            _swarm.Enqueue();
            _status = _swarm.Status;
            _queuePlace = new TorrentQueue.Place(queue, () => Post(new QueueAdmitted()));
            _queuePlace.Enter();
        }

        _ticker.Change(TickHandler.Period, TickHandler.Period);
        AddPeers(Settings.Peers);
        if (_link is { Peers.Count: > 0 } link && Metainfo is not { IsPrivate: true })
            _tasks.Run(() => LinkPeers.ResolveAsync(link, LinkPeersFound, Dns.GetHostAddressesAsync, _closing.Token));
    }

    /// <summary>Posts an event to the loop.</summary>
    /// <returns>False if the torrent has ended. The event is then not handled.</returns>
    public bool Post(SwarmEvent message) => _mailbox.Post(message);

    public void Pause() => Post(new PauseRequested());

    public void Resume() => Post(new ResumeRequested());

    public void Stop() => Post(new StopRequested());

    /// <summary>Pauses the torrent, because the session's interface is gone.</summary>
    /// <param name="target">The interface or address to which the session is bound.</param>
    /// <param name="message">What is missing, as a sentence for the user.</param>
    public void NetworkLost(string target, string message) =>
        Post(new NetworkLost(new TorrentFault(TorrentFaultId.InterfaceUnavailable, target, message)));

    /// <param name="target">The interface or address to which the session is bound again.</param>
    public void NetworkReturned(string target) => Post(new NetworkReturned(target));

    public void AddPeers(IReadOnlyList<IPEndPoint> peers)
    {
        if (peers.Count > 0)
            Post(new PeersFound(peers, PeerSource.Manual));
    }

    public async Task<IReadOnlyList<PeerStatus>> GetPeersAsync()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<PeerStatus>>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        return Post(new PeersRequested(answer)) ? await answer.Task : [];
    }

    public async Task<IReadOnlyList<DisconnectedPeer>> GetDisconnectedPeersAsync()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<DisconnectedPeer>>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        if (Post(new DisconnectedPeersRequested(answer)))
            return await answer.Task;
        await Completion;
        return _swarm.DisconnectedPeers;
    }

    public async Task<IReadOnlyList<PeerBan>> GetBansAsync()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<PeerBan>>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        return Post(new BansRequested(answer)) ? await answer.Task : [];
    }

    public async Task<int> UnbanPeersAsync(IPNetwork network)
    {
        var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        return Post(new UnbanRequested(network, answer)) ? await answer.Task : 0;
    }

    public async Task<IReadOnlyList<PieceStatus>> GetPiecesAsync()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<PieceStatus>>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        return Post(new PiecesRequested(answer)) ? await answer.Task : [];
    }

    public async Task<IReadOnlyList<FileStatus>> GetFilesAsync()
    {
        IReadOnlyList<PieceStatus> pieces = await GetPiecesAsync();
        return Metainfo is { } metainfo && pieces.Count == metainfo.PieceCount
            ? FileReport.Of(metainfo, Settings, pieces)
            : [];
    }

    /// <summary>Replaces the settings. Completes when the torrent's storage and loop use the new settings.</summary>
    /// <exception cref="SessionException">A value is not valid for this torrent, or the torrent has ended.</exception>
    public Task ApplyAsync(Func<TorrentSettings, TorrentSettings> change) =>
        _settings.ApplyAsync(change, async (before, after) =>
    {
        if (!after.WantsSameAs(before))
            await ApplyPrioritiesAsync(before, after);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!Post(new SettingsChanged(swarm => swarm with { Torrent = after }, done)))
            throw Ended();
        await done.Task;
        if (SettingsComparison.Describe(before, after) is { } changes)
            Report(SessionEventKind.SettingsChanged, changes);
    });

    /// <summary>Applies the session's changed settings to this torrent. Does not wait for the loop.</summary>
    public void ApplySessionSettings()
    {
        AddDhtNodes();
        _discovery.ApplySessionSettings();
        Post(new SettingsChanged(_swarmSettings.WithSession, new TaskCompletionSource()));
    }

    private void LinkPeersFound(IReadOnlyList<IPEndPoint> peers) => Post(new PeersFound(peers, PeerSource.Magnet));

    private void ReportFiles(TorrentSettings settings)
    {
        if (Metainfo is { } metainfo)
            Report(SessionEventKind.FilesSelected, FileReport.Describe(metainfo, settings));
    }

    private void Report(SessionEventKind kind, string message, IPEndPoint? peer = null) =>
        _session.Events.Add(kind, message, Metainfo?.Name ?? _link!.Title, WireHash, peer, _port);

    private void Handle(SwarmEvent message)
    {
        try
        {
            _swarm.Handle(message);
        }
        catch (Exception error)
        {
            // An internal error: the loop's state may be wrong, so nothing more may be written or sent.
            _swarm.Fail(error);
        }
    }

    private void EndTurn() => _swarm.EndTurn();

    private void AddDhtNodes()
    {
        foreach (HostEndPoint node in Metainfo?.Nodes ?? [])
            Dht?.AddBootstrap(node.ToString());
    }

    /// <summary>
    /// Parses the downloaded metadata and opens the content for the loop. Stops the torrent if only the metadata was
    /// requested. Fails the torrent if an exception is thrown.
    /// </summary>
    private async Task UseMetadataAsync(byte[] info)
    {
        try
        {
            await _settings.CompleteAsync(settings => Accept(info, settings));
            if (_content is null)
                Stop();
        }
        catch (Exception error)
        {
            Post(new MetadataRefused(MetadataFault.Of(error, _link!.Title)));
        }
    }

    private TorrentSettings Accept(byte[] info, TorrentSettings settings)
    {
        if (_accept!(info, settings) is not (TorrentMetainfo metainfo, TorrentSettings completed))
            return settings;
        InfoHash before = WireHash;
        OpenContent(metainfo, completed);
        if (metainfo.WireHash != before)
            ChangeWireHash(before, metainfo);
        else if (metainfo.IsPrivate)
            _discovery.RestrictToTrackers();
        ReportFiles(completed);
        TorrentContent content = _content!;
        Post(new ContentReady(
            () => _swarmSettings.Create(content, completed), content.Store, metainfo.WireHash != before));
        if (!_closing.IsCancellationRequested)
            _metadata.TrySetResult(metainfo);
        return completed;
    }

    /// <summary>
    /// Replaces the discovery, which used the v2 hash of the magnet link, and accepts encrypted connections for the v1
    /// hash. The metadata has shown that the torrent is a hybrid torrent, whose peers use the v1 hash.
    /// </summary>
    private void ChangeWireHash(InfoHash before, TorrentMetainfo metainfo)
    {
        _session.InfoHashes.Add(metainfo.WireHash);
        _session.InfoHashes.Remove(before);
        _replacedDiscovery = _discovery.EndAsync();
        _discovery = new TorrentDiscovery(
            metainfo.WireHash,
            _discovery.Trackers.Tiers,
            metainfo.IsPrivate,
            _identity,
            _session,
            this,
            new Random(_webSeedRandom.Next()));
    }

    private void OpenContent(TorrentMetainfo metainfo, TorrentSettings settings)
    {
        var content = new TorrentContent(metainfo, settings, _session, this, _peers, Post, _webSeedRandom);
        _peers.Content = new PeerContent(content.Reader, metainfo.Geometry);
        _content = content;
    }

    /// <summary>
    /// Applies a changed selection of files or pieces: first to the storage, which moves data of newly wanted files out
    /// of the part file, and then to the swarm loop. Before the metadata is known, only checks the settings.
    /// </summary>
    private async Task ApplyPrioritiesAsync(TorrentSettings before, TorrentSettings after)
    {
        if (_content is not { } content)
        {
            if (!after.HasSameFilePriorities(before))
            {
                throw new SessionException(
                    SessionErrorId.BadSettings,
                    $"The files of '{_status.Name}' are not known before its metadata is received. "
                    + "Choose files by wildcard.");
            }

            FileSelection.Check(after);
            return;
        }

        after.CheckFileIndexes(before, content.Metainfo.Files.Count);
        var applied = new TaskCompletionSource<DownloadPriority[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        _tasks.Run(() =>
        {
            try
            {
                applied.SetResult(content.ApplyPriorities(after));
            }
            catch (Exception error)
            {
                applied.SetException(_closing.IsCancellationRequested ? Ended() : error);
            }

            return Task.CompletedTask;
        });
        if (!Post(new PrioritiesChanged(await applied.Task)))
            throw Ended();
        ReportFiles(after);
    }

    private SessionException Ended() =>
        new(SessionErrorId.TorrentEnded, $"'{_status.Name}' has ended; its settings can't be changed.");

    private async Task EndAsync(bool goalReached)
    {
        await _closing.CancelAsync();
        await _ticker.DisposeAsync();
        Task announcedStop = _discovery.EndAsync();

        // The loop handles the last messages of connections and storage, which return their blocks to the pool.
        await _tasks.WhenIdleAsync();
        await _mailbox.WhenIdleAsync();
        if (_content is { } content)
            await content.CloseAsync(goalReached);
        await Task.WhenAll(announcedStop, _discovery.EndAsync(), _replacedDiscovery);
        _mailbox.Close();
        await _mailbox.WhenIdleAsync();
        _session.InfoHashes.Remove(WireHash);
        _closing.Dispose();
        _status = _swarm.Status;
        _metadata.TrySetResult(null);
        _completion.SetResult(new TorrentResult(_status, goalReached));
    }
}
