using System.Net;
using TorrentPS.Engine.Snapshots;
using TorrentPS.Engine.Swarm;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Session;

/// <summary>A torrent in a session. Thread-safe; nothing here blocks.</summary>
public sealed class Torrent
{
    private readonly TorrentRunner _runner;

    internal Torrent(TorrentMetainfo metainfo, TorrentSettings settings, SessionResources session, int port)
    {
        Metainfo = metainfo;
        _runner = new TorrentRunner(metainfo, settings, session, port, Announce);
    }

    /// <summary>
    /// Raised after each change of <see cref="TorrentStatus.State"/>, from a pool thread. A handler must return soon; what it throws
    /// is dropped.
    /// </summary>
    public event EventHandler<TorrentStatus>? StateChanged;

    /// <summary>The metadata.</summary>
    public TorrentMetainfo Metainfo { get; }

    /// <summary>The settings that hold now.</summary>
    public TorrentSettings Settings => _runner.Settings;

    /// <summary>The newest status; renewed about four times a second while it runs, and at every change of state.</summary>
    public TorrentStatus Status => _runner.Status;

    /// <summary>What each tracker last said; empty while it is paused or ended.</summary>
    public IReadOnlyList<TrackerStatus> Trackers => _runner.Trackers;

    /// <summary>
    /// Ends when the goal is reached (<see cref="TorrentSettings.StopWhen"/>), when it was stopped, or when it failed; never throws.
    /// At the goal the torrent stops by itself, its data complete on disk, and tells its trackers.
    /// </summary>
    public Task<TorrentResult> Completion => _runner.Completion;

    internal TorrentRunner Runner => _runner;

    /// <summary>The peers connected now; empty once ended.</summary>
    public async Task<IReadOnlyList<PeerStatus>> GetPeersAsync()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<PeerStatus>>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_runner.Post(new PeersRequested(answer)))
            return [];
        return await answer.Task;
    }

    /// <summary>Every piece as it is now, in order; empty once ended.</summary>
    public async Task<IReadOnlyList<PieceStatus>> GetPiecesAsync()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<PieceStatus>>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_runner.Post(new PiecesRequested(answer)))
            return [];
        return await answer.Task;
    }

    /// <summary>
    /// Changes how it runs, while it does. A file that is wanted now is fetched, and what was kept apart of it goes into it; one that
    /// isn't wanted any more keeps what is on disk. The task ends when all of the change holds.
    /// </summary>
    /// <exception cref="SessionException">The change can't be met, or the torrent has ended; nothing was changed.</exception>
    /// <exception cref="Storage.StorageException">The disk refused what another choice of files needs; nothing was changed.</exception>
    public Task ChangeAsync(TorrentChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return _runner.ChangeAsync(change);
    }

    /// <summary>Disconnects from all peers and waits; what was verified stays.</summary>
    public void Pause() => _runner.Post(new PauseRequested());

    /// <summary>Goes on after <see cref="Pause"/> or after a fault was mended.</summary>
    public void Resume() => _runner.Post(new ResumeRequested());

    /// <summary>Ends it: peers closed, verified data on disk, trackers told (within the session's grace). The data stays.</summary>
    public Task StopAsync()
    {
        _runner.Post(new StopRequested());
        return Completion;
    }

    /// <summary>Changes the torrent's limits in bytes/s; null is unlimited.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is not positive.</exception>
    public void SetLimits(long? download, long? upload)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(download ?? 1, 1, nameof(download));
        ArgumentOutOfRangeException.ThrowIfLessThan(upload ?? 1, 1, nameof(upload));
        _runner.SetLimits(download, upload);
    }

    /// <summary>Names more peers to try.</summary>
    public void AddPeers(IEnumerable<IPEndPoint> peers) => _runner.Post(new PeersFound([.. peers], PeerSource.Manual));

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
