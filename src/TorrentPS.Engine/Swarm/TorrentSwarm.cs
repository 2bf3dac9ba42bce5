using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm;

/// <summary>
/// The swarm loop of one torrent. It handles one event at a time, takes no locks and never waits. Given the same
/// events, clock values and random numbers, it makes the same decisions.
/// </summary>
internal sealed class TorrentSwarm
{
    private readonly SwarmState _swarm;
    private readonly MessageHandler _messages;
    private readonly ConnectionHandler _connections;
    private readonly PieceHandler _pieces;
    private readonly LifecycleHandler _lifecycle;
    private readonly PriorityHandler _priorities;
    private readonly TickHandler _ticks;
    private readonly SettingsHandler _settings;
    private TorrentState _published = (TorrentState)(-1);

    public TorrentSwarm(
        SwarmSettings settings, ISwarmHost host, IPieceStore? store, BlockPool blocks, TimeProvider time, Random random)
    {
        _swarm = new SwarmState(settings, host, store, blocks, time, random);
        var requester = new Requester(_swarm);
        var allowedFast = new AllowedFastHandler(_swarm);
        var uploads = new UploadHandler(_swarm, allowedFast);
        var suggestions = new SuggestHandler(_swarm);
        var unchoker = new Unchoker(_swarm, uploads, suggestions);
        var superSeeding = new SuperSeedHandler(_swarm);
        var availability = new AvailabilityHandler(_swarm, requester, superSeeding, suggestions, allowedFast);
        var peerCache = new PeerCacheHandler(_swarm);
        var webSeeds = new WebSeedHandler(_swarm);
        var metadataDownload = new MetadataDownloadHandler(_swarm);
        var refusals = new RefusalHandler(_swarm);
        _connections = new ConnectionHandler(
            _swarm, requester, unchoker, superSeeding, peerCache, webSeeds, metadataDownload, refusals);
        _lifecycle = new LifecycleHandler(
            _swarm,
            requester,
            unchoker,
            superSeeding,
            availability,
            allowedFast,
            _connections,
            peerCache,
            webSeeds);
        var haves = new HaveHandler(_swarm);
        _pieces = new PieceHandler(_swarm, requester, _lifecycle, allowedFast, haves);
        _priorities = new PriorityHandler(_swarm, requester, _connections, _lifecycle, webSeeds);
        var exchange = new PexHandler(_swarm, _connections);
        var metadataUploads = new MetadataUploadHandler(_swarm);
        var stall = new StallHandler(_swarm);
        _ticks = new TickHandler(
            _swarm,
            requester,
            unchoker,
            superSeeding,
            haves,
            _connections,
            refusals,
            _lifecycle,
            exchange,
            metadataUploads,
            metadataDownload,
            peerCache,
            stall,
            new ProgressHandler(_swarm),
            new TimeLimitHandler(_swarm, stall, _lifecycle));
        _settings = new SettingsHandler(_swarm, unchoker, superSeeding, webSeeds, _connections);
        _messages = new MessageHandler(
            _swarm,
            requester,
            new BlockHandler(_swarm, requester),
            unchoker,
            availability,
            uploads,
            allowedFast,
            new ExtensionHandler(_swarm, availability, exchange, metadataUploads, metadataDownload));
    }

    public TorrentStatus Status => StatusReport.Of(_swarm);

    public IReadOnlyList<DisconnectedPeer> DisconnectedPeers => StatusReport.DisconnectedOf(_swarm);

    public IReadOnlyList<PeerBan> Bans => _swarm.Bans.ToList();

    public MetadataProgress MetadataProgress => StatusReport.MetadataOf(_swarm);

    /// <summary>
    /// Starts the torrent. If the metadata is known, existing data is checked first; otherwise the metadata is
    /// downloaded.
    /// </summary>
    public void Start() => _lifecycle.Start();

    /// <summary>
    /// Puts the torrent into the state <see cref="TorrentState.Queued"/>, in which it waits for
    /// <see cref="QueueAdmitted"/>.
    /// </summary>
    public void Enqueue() => _lifecycle.Enqueue();

    public void Handle(SwarmEvent message)
    {
        switch (message)
        {
            case MessagesReceived received:
                _messages.OnMessages(received);
                break;
            case PieceVerified verified:
                _pieces.OnVerified(verified);
                break;
            case PieceRejected rejected:
                _pieces.OnRejected(rejected);
                break;
            case Tick:
                _ticks.OnTick();
                break;
            case PeersFound found:
                _connections.OnFound(found.EndPoints, found.Source);
                break;
            case PeerConnected connected:
                _connections.OnConnected(connected);
                break;
            case DialFailed failed:
                _connections.OnDialFailed(failed);
                break;
            case ContentReady ready:
                _lifecycle.OnContentReady(ready);
                break;
            case MetadataRefused refused:
                _lifecycle.Fail(refused.Fault);
                break;
            case PeerClosed closed:
                _connections.OnClosed(closed);
                break;
            case CheckProgressed progressed:
                _swarm.CheckedFraction = progressed.Fraction;
                break;
            case CheckFinished finished:
                _lifecycle.OnChecked(finished.Have);
                break;
            case CheckFailed failed:
                _lifecycle.OnCheckFailed(failed.Fault);
                break;
            case StorageFaulted faulted:
                _lifecycle.OnFault(faulted.Fault);
                break;
            case PrioritiesChanged changed:
                _priorities.OnChanged(changed.Priorities);
                break;
            case QueueAdmitted:
                _lifecycle.OnAdmitted();
                break;
            case PauseRequested:
                _lifecycle.OnPause();
                break;
            case ResumeRequested:
                _lifecycle.OnResume();
                break;
            case NetworkLost lost:
                _lifecycle.OnNetworkLost(lost.Fault);
                break;
            case NetworkReturned returned:
                _lifecycle.OnNetworkReturned(returned.Target);
                break;
            case StopRequested:
                _lifecycle.OnStop();
                break;
            case SettingsChanged changed:
                _settings.OnChanged(changed);
                break;
            case PiecesRequested query:
                query.Answer.TrySetResult(PieceReport.Of(_swarm));
                break;
            case PeersRequested query:
                query.Answer.TrySetResult(StatusReport.PeersOf(_swarm));
                break;
            case DisconnectedPeersRequested query:
                query.Answer.TrySetResult(DisconnectedPeers);
                break;
            case BansRequested query:
                query.Answer.TrySetResult(Bans);
                break;
            case UnbanRequested unban:
                unban.Answer.TrySetResult(_connections.Unban(unban.Network));
                break;
        }
    }

    /// <summary>
    /// Sends the queued messages of all peers. Publishes the status if the torrent's state changed. Must be called at
    /// the end of each turn of the mailbox.
    /// </summary>
    public void EndTurn()
    {
        _swarm.Peers.Flush(_swarm.Now);
        if (_swarm.ReportedState == _published)
            return;
        _published = _swarm.ReportedState;
        _swarm.Host.Publish(Status);
    }

    /// <summary>Ends the torrent after an internal error, so that its data is not damaged.</summary>
    public void Fail(Exception error) => _lifecycle.Fail(new TorrentFault(
        TorrentFaultId.InternalError,
        _swarm.Settings.Name,
        $"Internal error in '{_swarm.Settings.Name}'; the torrent was stopped to protect its data: {error.Message} "
        + "Please report this. Add the torrent again to resume."));
}
