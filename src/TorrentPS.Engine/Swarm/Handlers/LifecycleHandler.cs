using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>The torrent's states: checked, running, complete, paused, faulted, ended.</summary>
internal sealed class LifecycleHandler(SwarmState swarm, Requester requester, ConnectionHandler connections, PeerCacheHandler memory, WebSeedHandler webSeeds)
{
    private bool _checked;
    private bool _goalReached;
    private bool _pauseWhenChecked;

    /// <summary>Starts the torrent: existing data is checked, or the metadata is downloaded.</summary>
    public void Start()
    {
        if (swarm.HasMetadata)
            StartCheck();
        else
            Run();
    }

    /// <summary>The content is known: existing data is checked, unless the torrent is paused.</summary>
    public void OnContentReady()
    {
        if (swarm.State == TorrentState.DownloadingMetadata)
            StartCheck();
    }

    /// <summary>Existing data was checked: starts the transfer, or pauses if that was requested during the check.</summary>
    public void OnChecked()
    {
        _checked = true;
        if (_pauseWhenChecked)
            Pause();
        else
            Run();
    }

    public void OnCheckFailed(StorageFault fault)
    {
        if (swarm.State != TorrentState.Checking)
            return;
        Pause();
        swarm.Fault = FaultOf(fault);
    }

    /// <summary>A piece more is there.</summary>
    public void OnProgress()
    {
        if (swarm.State != TorrentState.Downloading || !swarm.Picker.IsFinished)
            return;
        swarm.State = StateWhenFinished;
        swarm.CompletedAt = swarm.Time.GetUtcNow();
        if (swarm.Picker.Have.IsComplete)
            swarm.Host.AnnounceCompleted();
        foreach (Peer peer in swarm.Peers.All)
        {
            requester.ReleaseAll(peer, cancel: true);
            requester.UpdateInterest(peer);
            if (peer.IsSeed || peer.IsUploadOnly)
                peer.Disconnect(DisconnectReason.Useless);
        }

        CheckGoal();
    }

    /// <summary>Other pieces are wanted than before: what was finished may go on, what went on may be finished.</summary>
    public void OnWishesChanged()
    {
        if (!swarm.Picker.IsFinished && swarm.Settings.Torrent.Role == TorrentRole.Download)
        {
            swarm.CompletedAt = null;
            if (swarm.State is TorrentState.Finished or TorrentState.Seeding)
            {
                // Those let go as useless a moment ago are not: they are tried without delay.
                swarm.State = TorrentState.Downloading;
                swarm.Candidates.Reset();
                webSeeds.Reset();
            }
        }

        OnProgress();
        if (!swarm.IsActive)
            return;
        foreach (Peer peer in swarm.Peers.All)
            requester.UpdateInterest(peer);
        requester.TopUpAll();

        // Seeds, for which there was no use while everything was here, are tried again.
        connections.Dial();
        CheckGoal();
    }

    /// <summary>Ends the torrent when it has done what it was added for.</summary>
    public void CheckGoal()
    {
        if (swarm.State is not (TorrentState.Finished or TorrentState.Seeding))
            return;
        bool reached = swarm.Settings.Torrent.StopWhen switch
        {
            StopWhen.Complete => swarm.Settings.Torrent.Role == TorrentRole.Download,
            StopWhen.Ratio => swarm.Totals.Uploaded >= swarm.Settings.Torrent.SeedRatio * swarm.WantedBytes,
            _ => false,
        };
        if (!reached)
            return;
        _goalReached = true;
        End(TorrentState.Stopped);
    }

    public void OnFault(StorageFault fault)
    {
        if (!swarm.IsActive)
            return;
        Pause();
        swarm.Fault = FaultOf(fault);
    }

    public void OnPause()
    {
        if (swarm.IsActive)
            Pause();
        _pauseWhenChecked = swarm.State == TorrentState.Checking;
    }

    public void OnResume()
    {
        _pauseWhenChecked = false;
        if (swarm.State != TorrentState.Paused)
            return;
        swarm.Fault = null;
        if (swarm.HasMetadata && !_checked)
        {
            StartCheck();
            return;
        }

        if (swarm.HasMetadata)
            swarm.Store.Resume();
        swarm.Candidates.Reset();
        webSeeds.Reset();
        Run();
    }

    public void OnStop() => End(TorrentState.Stopped);

    public void Fail(TorrentFault fault)
    {
        if (!swarm.HasEnded)
            swarm.Fault = fault;
        End(TorrentState.Failed);
    }

    private TorrentState StateWhenFinished => swarm.Picker.Have.IsComplete ? TorrentState.Seeding : TorrentState.Finished;

    private void StartCheck()
    {
        swarm.State = TorrentState.Checking;
        swarm.Host.StartCheck();
    }

    private void Run()
    {
        if (!swarm.HasMetadata)
        {
            swarm.State = TorrentState.DownloadingMetadata;
            swarm.Host.StartAnnouncing();
            connections.Dial();
            return;
        }

        bool seeds = swarm.Settings.Torrent.Role == TorrentRole.Seed || swarm.Picker.IsFinished;
        swarm.State = seeds ? StateWhenFinished : TorrentState.Downloading;
        if (seeds)
            swarm.CompletedAt ??= swarm.Time.GetUtcNow();
        CheckGoal();
        if (!swarm.IsActive)
            return;
        swarm.Host.StartAnnouncing();
        connections.Dial();
    }

    private void Pause()
    {
        swarm.State = TorrentState.Paused;
        CloseAll();
        swarm.Host.StopAnnouncing();
    }

    private void End(TorrentState state)
    {
        if (swarm.HasEnded)
            return;
        swarm.State = state;
        CloseAll();
        swarm.Host.Publish(StatusReport.Of(swarm));
        swarm.Host.Ended(_goalReached);
    }

    private void CloseAll()
    {
        memory.Tell();
        foreach (Peer peer in swarm.Peers.All)
            peer.Disconnect(DisconnectReason.Stopping);
    }

    private static TorrentFault FaultOf(StorageFault fault) => new(
        fault.Kind switch
        {
            StorageFaultKind.DiskFull => TorrentFaultId.DiskFull,
            StorageFaultKind.AccessDenied => TorrentFaultId.AccessDenied,
            StorageFaultKind.BadPath => TorrentFaultId.BadPath,
            StorageFaultKind.ContentMissing => TorrentFaultId.ContentMissing,
            _ => TorrentFaultId.IOError,
        },
        fault.Path,
        fault.Message);
}
