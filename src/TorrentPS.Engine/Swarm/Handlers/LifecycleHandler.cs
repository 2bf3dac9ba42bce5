using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Changes the torrent's state when it starts, receives its metadata, has been checked, pauses, resumes, finishes,
/// fails or stops.
/// </summary>
internal sealed class LifecycleHandler(
    SwarmState swarm,
    Requester requester,
    Unchoker unchoker,
    SuperSeedHandler superSeeding,
    AvailabilityHandler availability,
    AllowedFastHandler allowedFast,
    ConnectionHandler connections,
    PeerCacheHandler peerCache,
    WebSeedHandler webSeeds)
{
    private bool _checked;
    private bool _goalReached;
    private bool _pauseWhenChecked;

    public void Start()
    {
        // This runs outside the loop. The host may post events at once, so the call of the host must come last.
        if (swarm.HasMetadata)
            StartCheck();
        else
            StartMetadataDownload();
    }

    public void Enqueue() => swarm.ChangeState(TorrentState.Queued);

    /// <summary>
    /// Starts a queued torrent. Does nothing if the user has started, paused or stopped the torrent meanwhile.
    /// </summary>
    public void OnAdmitted()
    {
        if (swarm.State == TorrentState.Queued)
            Start();
    }

    /// <summary>
    /// Applies the downloaded metadata: replaces the settings of the loop, and creates a piece picker for the pieces of
    /// the torrent. Then starts the check of existing data, unless the torrent is paused.
    /// </summary>
    public void OnContentReady(ContentReady ready)
    {
        if (swarm.HasEnded)
            return;
        swarm.UseContent(ready.Settings(), ready.Store);
        superSeeding.OnContentReady();
        webSeeds.OnContentReady();
        foreach (Peer peer in swarm.Peers.All)
        {
            peer.UsePieceCount(swarm.Geometry.PieceCount);
            swarm.Picker.PeerJoined(peer.Have);
            if (ready.IsInfoHashChanged)
                peer.Disconnect(DisconnectReason.InfoHashChanged);
        }

        if (swarm.Settings.IsPrivate)
            connections.DropPublicPeers();
        if (swarm.State == TorrentState.DownloadingMetadata)
            StartCheck();
    }

    /// <summary>
    /// Marks the pieces found on disk as verified, and starts the transfer. If a pause was requested during the check,
    /// pauses the torrent instead. If wanted pieces are missing, a torrent with the role <see cref="TorrentRole.Seed"/>
    /// fails, unless partial data is allowed.
    /// </summary>
    public void OnChecked(Bitfield have)
    {
        if (swarm.State != TorrentState.Checking)
            return;
        for (int i = 0; i < have.PieceCount; i++)
        {
            if (have.Contains(new PieceIndex(i)))
                swarm.Picker.MarkVerified(new PieceIndex(i));
        }

        swarm.Host.Report(
            SessionEventKind.DataChecked,
            EventMessages.DataChecked(have.Count, have.PieceCount, swarm.Settings.Torrent.SkipCheck));
        if (swarm.Settings.Torrent.Role == TorrentRole.Seed && !swarm.Picker.IsFinished
            && !swarm.Settings.Torrent.AllowPartial)
        {
            FailCheck(have);
            return;
        }

        _checked = true;
        if (_pauseWhenChecked)
            Pause();
        else
            Run();
        StartTransfers();
    }

    public void OnCheckFailed(StorageFault fault)
    {
        if (swarm.State != TorrentState.Checking)
            return;
        PauseAt(fault);
    }

    /// <summary>
    /// Ends the download if all wanted pieces are verified: withdraws all requests, and disconnects seeds and
    /// upload-only peers. Sends <c>completed</c> to the trackers only if the torrent has every piece.
    /// </summary>
    public void OnProgress()
    {
        if (swarm.State != TorrentState.Downloading || !swarm.Picker.IsFinished)
            return;
        swarm.Host.Report(SessionEventKind.DownloadCompleted, CompletedText());
        swarm.ChangeState(StateWhenFinished);
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

    /// <summary>Stops the torrent if it has reached its goal (<see cref="TorrentSettings.StopWhen"/>).</summary>
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
        PauseAt(fault);
    }

    public void OnPause()
    {
        if (swarm.IsActive || swarm.State == TorrentState.Queued)
            Pause();
        _pauseWhenChecked = swarm.State == TorrentState.Checking;
    }

    public void OnResume()
    {
        _pauseWhenChecked = false;
        OnAdmitted();
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
        swarm.Candidates.ClearDelays();
        webSeeds.Reset();
        Run();
    }

    /// <summary>
    /// Pauses an active torrent. A torrent that is being checked is not active yet. The session repeats the event while
    /// the interface is gone, so that such a torrent pauses after its check.
    /// </summary>
    public void OnNetworkLost(TorrentFault fault)
    {
        if (!swarm.IsActive)
            return;
        swarm.Fault = fault;
        swarm.Host.Report(SessionEventKind.NetworkLost, fault.Message);
        Pause();
    }

    /// <summary>
    /// Resumes a torrent that was paused because the interface was gone. If the torrent is active, its connections are
    /// bound to an interface that no longer exists. Closes them, so that the peers are dialed again at once.
    /// </summary>
    public void OnNetworkReturned(string target)
    {
        if (swarm.Fault?.Id == TorrentFaultId.InterfaceUnavailable)
        {
            swarm.Host.Report(SessionEventKind.NetworkReturned, $"'{target}' is available again.");
            OnResume();
        }
        else if (swarm.IsActive)
        {
            swarm.Host.Report(
                SessionEventKind.NetworkReturned, $"'{target}' was replaced. All connections are opened again.");
            foreach (Peer peer in swarm.Peers.All)
            {
                if (!peer.IsWebSeed)
                    peer.Disconnect(DisconnectReason.NetworkChanged);
            }
        }
    }

    public void OnStop() => End(TorrentState.Stopped);

    public void Fail(TorrentFault fault)
    {
        if (!swarm.HasEnded)
            swarm.Fault = fault;
        End(TorrentState.Failed);
    }

    private TorrentState StateWhenFinished =>
        swarm.Picker.Have.IsComplete ? TorrentState.Seeding : TorrentState.Finished;

    private string CompletedText() => EventMessages.Completed(
        StatusReport.Of(swarm), StatusReport.SendersOf(swarm), swarm.Disconnected.IsFull);

    private void StartCheck()
    {
        swarm.ChangeState(TorrentState.Checking);
        swarm.Host.StartCheck();
    }

    private void FailCheck(Bitfield have) => Fail(new TorrentFault(
        TorrentFaultId.DataMismatch,
        swarm.Settings.Name,
        $"The data at '{swarm.Settings.Torrent.Destination}' does not match '{swarm.Settings.Name}': "
        + $"{have.Count} of {have.PieceCount} pieces are right. Point to the folder that holds the content, or allow "
        + "partial data."));

    /// <summary>
    /// Sends the first messages to the peers that connected before the check ended, and applies their early messages.
    /// </summary>
    private void StartTransfers()
    {
        if (!swarm.IsTransferring || swarm.Peers.Count == 0)
            return;
        foreach (Peer peer in swarm.Peers.All)
        {
            if (peer.IsClosing || peer.IsWebSeed)
                continue;
            connections.SendFirstMessages(peer, dhtPort: null);
            availability.ApplyEarly(peer);
            if (peer.IsInterested)
                allowedFast.Grant(peer);
        }

        unchoker.Decide();
        requester.TopUpAll();
    }

    private void StartMetadataDownload()
    {
        swarm.ChangeState(TorrentState.DownloadingMetadata);
        swarm.Host.StartAnnouncing();
    }

    private void Run()
    {
        if (!swarm.HasMetadata)
        {
            StartMetadataDownload();
            connections.Dial();
            return;
        }

        bool seeds = swarm.Settings.Torrent.Role == TorrentRole.Seed || swarm.Picker.IsFinished;
        swarm.ChangeState(seeds ? StateWhenFinished : TorrentState.Downloading);
        if (seeds)
            swarm.CompletedAt ??= swarm.Time.GetUtcNow();
        CheckGoal();
        if (!swarm.IsActive)
            return;
        swarm.Host.StartAnnouncing();
        connections.Dial();
    }

    private void PauseAt(StorageFault fault)
    {
        swarm.Fault = FaultOf(fault);
        swarm.Host.Report(SessionEventKind.StorageFault, fault.Message);
        Pause();
    }

    private void Pause()
    {
        swarm.ChangeState(TorrentState.Paused);
        CloseAll();
        swarm.Host.StopAnnouncing();
    }

    private void End(TorrentState state)
    {
        if (swarm.HasEnded)
            return;
        swarm.ChangeState(state);
        CloseAll();
        TorrentStatus status = StatusReport.Of(swarm);
        swarm.Host.Report(SessionEventKind.TorrentEnded, EventMessages.Ended(status, _goalReached));
        swarm.Host.Publish(status);
        swarm.Host.Ended(_goalReached);
    }

    private void CloseAll()
    {
        peerCache.Save();
        foreach (Peer peer in swarm.Peers.All)
            peer.Disconnect(DisconnectReason.Stopping);
    }

    private static TorrentFault FaultOf(StorageFault fault) => new(
        fault.Kind switch
        {
            StorageFaultKind.DiskFull => TorrentFaultId.DiskFull,
            StorageFaultKind.AccessDenied => TorrentFaultId.AccessDenied,
            StorageFaultKind.BadPath => TorrentFaultId.BadPath,
            StorageFaultKind.FileExists => TorrentFaultId.FileExists,
            StorageFaultKind.ContentMissing => TorrentFaultId.ContentMissing,
            _ => TorrentFaultId.IOError,
        },
        fault.Path,
        fault.Message);
}
