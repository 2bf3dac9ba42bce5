using System.Net;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

using TorrentPS.Engine.Session;

namespace TorrentPS.Engine;

/// <summary>A torrent in a session. Thread-safe; nothing here blocks.</summary>
public sealed class Torrent
{
    private readonly Lock _gate = new();
    private readonly MagnetLink? _link;
    private readonly Func<TorrentMetainfo, TorrentSettings, TorrentSettings>? _settle;
    private readonly SessionResources _session;
    private readonly int _port;
    private readonly TaskCompletionSource<TorrentResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<TorrentMetainfo?> _metadata = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ITorrentStage _stage;
    private volatile TorrentMetainfo? _metainfo;
    private volatile TorrentStatus? _lastStatus;
    private TorrentState? _announced;
    private bool _isPaused;
    private bool _isStopping;

    /// <summary>A torrent whose metadata is known.</summary>
    internal Torrent(TorrentMetainfo metainfo, TorrentSettings settings, SessionResources session, int port)
    {
        _metainfo = metainfo;
        _session = session;
        _port = port;
        _metadata.SetResult(metainfo);
        _stage = new TorrentRunner(metainfo, settings, session, port, Announce);
    }

    /// <summary>A torrent of which a link is known, and the metadata if it was kept from before.</summary>
    /// <exception cref="SessionException">The settings can't be met.</exception>
    internal Torrent(
        MagnetLink link,
        TorrentMetainfo? kept,
        TorrentSettings settings,
        Func<TorrentMetainfo, TorrentSettings, TorrentSettings>? settle,
        SessionResources session,
        int port)
    {
        _link = link;
        _settle = settle;
        _session = session;
        _port = port;
        if (kept is null)
        {
            _stage = new MetadataRunner(link, settings, session, port, AnnounceSearch);
            return;
        }

        _metainfo = kept;
        _metadata.SetResult(kept);
        _stage = new TorrentRunner(kept, Settle(kept, settings), session, port, Announce);
    }

    /// <summary>
    /// Raised after each change of <see cref="TorrentStatus.State"/>, from a pool thread. A handler must return soon; what it throws
    /// is dropped.
    /// </summary>
    public event EventHandler<TorrentStatus>? StateChanged;

    /// <summary>The metadata; null while it is being fetched (<see cref="TorrentState.DownloadingMetadata"/>).</summary>
    public TorrentMetainfo? Metainfo => _metainfo;

    /// <summary>Ends when the metadata is known; with null when the torrent ended before. Never throws.</summary>
    public Task<TorrentMetainfo?> MetadataReceived => _metadata.Task;

    /// <summary>The settings that hold now.</summary>
    public TorrentSettings Settings => _stage.Settings;

    /// <summary>The newest status; renewed about four times a second while it runs, and at every change of state.</summary>
    public TorrentStatus Status => _lastStatus ?? _stage.Status;

    /// <summary>What each tracker last said; empty while it is paused or ended.</summary>
    public IReadOnlyList<TrackerStatus> Trackers => _stage.Trackers;

    /// <summary>
    /// Ends when the goal is reached (<see cref="TorrentSettings.StopWhen"/>), when it was stopped, or when it failed; never throws.
    /// At the goal the torrent stops by itself, its data complete on disk, and tells its trackers.
    /// </summary>
    public Task<TorrentResult> Completion => _completion.Task;

    /// <summary>What handshakes name the torrent by.</summary>
    internal InfoHash WireHash => _metainfo?.WireHash ?? _link!.WireHash;

    internal ITorrentStage Stage => _stage;

    /// <summary>The peers connected now; empty once ended.</summary>
    public Task<IReadOnlyList<PeerStatus>> GetPeersAsync() => _stage.GetPeersAsync();

    /// <summary>Every piece as it is now, in order; empty while they are not known, and once ended.</summary>
    public Task<IReadOnlyList<PieceStatus>> GetPiecesAsync() => _stage.GetPiecesAsync();

    /// <summary>
    /// Replaces the settings: <c>torrent.ApplyAsync(settings => settings with { DownloadLimit = 1 &lt;&lt; 20 })</c>. Changes are made one at
    /// a time, in the order of the calls. The task completes when the new settings are in effect. A file that becomes wanted is downloaded;
    /// one that becomes unwanted keeps the pieces on disk.
    /// </summary>
    /// <param name="change">Makes the new settings from the current ones. Called once; it must not wait for another change.</param>
    /// <exception cref="SessionException">
    /// A value is out of range, a fixed setting differs (<see cref="SessionErrorId.BadSettings"/>), or the torrent has ended
    /// (<see cref="SessionErrorId.TorrentEnded"/>); nothing was changed.
    /// </exception>
    /// <exception cref="StorageException">The files that became wanted can't be written; nothing was changed.</exception>
    public Task ApplyAsync(Func<TorrentSettings, TorrentSettings> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_gate)
            return _stage.ApplyAsync(change);
    }

    /// <summary>Disconnects from all peers and waits; what was verified stays.</summary>
    public void Pause()
    {
        lock (_gate)
        {
            _isPaused = true;
            _stage.Pause();
        }
    }

    /// <summary>Goes on after <see cref="Pause"/> or after a fault was mended.</summary>
    public void Resume()
    {
        lock (_gate)
        {
            _isPaused = false;
            _stage.Resume();
        }
    }

    /// <summary>Ends it: peers closed, verified data on disk, trackers told (within the session's grace). The data stays.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            _isStopping = true;
            _stage.Stop();
        }

        return Completion;
    }

    /// <summary>Names more peers to try.</summary>
    public void AddPeers(IEnumerable<IPEndPoint> peers)
    {
        IPEndPoint[] named = [.. peers];
        lock (_gate)
            _stage.AddPeers(named);
    }

    /// <summary>The session's settings have changed.</summary>
    internal void UseSession()
    {
        lock (_gate)
            _stage.UseSession();
    }

    /// <summary>Begins.</summary>
    /// <param name="isTaken">Whether another torrent of the session has the metadata's hash.</param>
    internal void Start(Func<InfoHash, Torrent, bool> isTaken)
    {
        if (_stage is MetadataRunner search)
            _ = GoOnAsync(search, isTaken);
        else
            _ = CompleteAsync((TorrentRunner)_stage);
        (_stage as MetadataRunner)?.Start();
        (_stage as TorrentRunner)?.Start();
        if (_link is { Peers.Count: > 0 } && _metainfo is not null)
            _ = LinkPeers.ResolveAsync(_link, AddPeers, CancellationToken.None);
    }

    /// <summary>From the metadata to the content, without a pause between.</summary>
    private async Task GoOnAsync(MetadataRunner search, Func<InfoHash, Torrent, bool> isTaken)
    {
        FoundMetadata? found = await search.Completion;
        if (found is null)
        {
            End(search.Status, null);
            return;
        }

        TorrentMetainfo? metainfo = null;
        TorrentRunner? runner = null;
        TorrentFault? fault = null;
        bool sameHash = false;
        try
        {
            metainfo = TorrentMetainfo.ParseInfo(found.Info, _link!);
            _session.Metadata.Keep(_link!.WireHash, metainfo);
            TorrentSession.CheckTransferable(metainfo);
            if (isTaken(metainfo.WireHash, this))
                throw new SessionException(SessionErrorId.DuplicateTorrent, $"'{metainfo.Name}' ({metainfo.WireHash}) is in this session already.");
            sameHash = metainfo.WireHash == _link.WireHash;
            TorrentSettings settings = Settle(metainfo, search.Settings);
            if (!sameHash)
            {
                // Its peers know it by another name, and are called anew.
                found.Drop(_session);
                found = found with { Connections = [] };
            }

            lock (_gate)
            {
                if (!_isStopping)
                {
                    runner = new TorrentRunner(
                        metainfo,
                        settings,
                        _session,
                        _port,
                        Announce,
                        found,
                        sameHash ? search.Discovery : null);
                    _metainfo = metainfo;
                    _stage = runner;
                    runner.Start();
                    if (_isPaused)
                        runner.Pause();
                }
            }
        }
        catch (Exception error)
        {
            fault = FaultOf(error);
        }

        if (runner is null || !sameHash)
            await search.Discovery.EndAsync();
        if (runner is null)
        {
            found.Drop(_session);
            End(search.Status, fault);
            return;
        }

        _metadata.TrySetResult(metainfo);
        await CompleteAsync(runner);
    }

    /// <summary>The settings that only the metadata could complete.</summary>
    private TorrentSettings Settle(TorrentMetainfo metainfo, TorrentSettings settings)
    {
        settings = FileSelection.OfLink(_link!, metainfo, settings);
        return _settle?.Invoke(metainfo, settings) ?? settings;
    }

    private async Task CompleteAsync(TorrentRunner runner) => _completion.SetResult(await runner.Completion);

    private void End(TorrentStatus status, TorrentFault? fault)
    {
        TorrentState state = fault is null && status.State != TorrentState.Failed ? TorrentState.Stopped : TorrentState.Failed;
        status = status with { State = state, Fault = fault ?? status.Fault, Peers = 0 };
        _lastStatus = status;
        Announce(status);
        _metadata.TrySetResult(null);
        _completion.SetResult(new TorrentResult(status, GoalReached: false));
    }

    private TorrentFault FaultOf(Exception error)
    {
        string name = _link!.Title;
        return error switch
        {
            MetainfoException => new TorrentFault(
                TorrentFaultId.InvalidMetadata, name, $"The metadata of '{name}' is what its link names, but no valid torrent: {error.Message}"),
            SessionException { Id: SessionErrorId.UnsupportedTorrent } => new TorrentFault(TorrentFaultId.UnsupportedTorrent, name, error.Message),
            SessionException { Id: SessionErrorId.DuplicateTorrent } => new TorrentFault(TorrentFaultId.DuplicateTorrent, name, error.Message),
            SessionException or FormatException => new TorrentFault(TorrentFaultId.BadSettings, name, error.Message),
            _ => new TorrentFault(
                TorrentFaultId.InternalError, name, $"The engine erred and ended '{name}': {error.Message} Please report this; adding the link again resumes it."),
        };
    }

    /// <summary>What the search says of its end is told when all is over.</summary>
    private void AnnounceSearch(TorrentStatus status)
    {
        if (_announced == status.State || status.HasEnded)
            return;
        _announced = status.State;
        Announce(status);
    }

    private void Announce(TorrentStatus status)
    {
        try
        {
            StateChanged?.Invoke(this, status);
        }
        catch (Exception)
        {
            // A listener's failure is its own; the swarm goes on.
        }
    }
}
