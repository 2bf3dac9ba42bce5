using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Does the periodic work: updates rates and request depths, handles time-outs, sends keep-alives, runs choke rounds,
/// dials addresses and publishes the status.
/// </summary>
internal sealed class TickHandler(
    SwarmState swarm,
    Requester requester,
    Unchoker unchoker,
    SuperSeedHandler superSeeding,
    HaveHandler haves,
    ConnectionHandler connections,
    RefusalHandler refusals,
    LifecycleHandler lifecycle,
    PexHandler peerExchange,
    MetadataUploadHandler metadataUploads,
    MetadataDownloadHandler metadataDownload,
    PeerCacheHandler peerCache,
    StallHandler stall,
    ProgressHandler progress,
    TimeLimitHandler timeLimits)
{
    /// <summary>Interval between two ticks. The status is published at each tick.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Interval at which rates and request depths are updated. Rates measured over shorter intervals vary too much.
    /// </summary>
    private static readonly TimeSpan s_samplePeriod = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Time without a sent message after which a keep-alive is sent. It is shorter than the usual interval of
    /// keep-alives, which is two minutes (BEP 3).
    /// </summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(100);

    /// <summary>
    /// Time without a received message after which a connection is closed. It is twice the usual interval of
    /// keep-alives, which is two minutes (BEP 3).
    /// </summary>
    public static readonly TimeSpan Idle = TimeSpan.FromSeconds(240);

    private long _lastSample = swarm.Now;

    public void OnTick()
    {
        long now = swarm.Now;
        TimeSpan elapsed = swarm.Time.GetElapsedTime(_lastSample, now);
        if (elapsed >= s_samplePeriod)
        {
            _lastSample = now;
            Sample(elapsed);
        }

        foreach (Peer peer in swarm.Peers.All)
        {
            peer.RecycleHeld();
            CheckLiveness(peer);
            CheckRequests(peer);
            requester.UpdateInterest(peer);
        }

        requester.TopUpAll();
        if (swarm.IsActive)
        {
            if (swarm.IsTransferring)
            {
                unchoker.OnTick();
                superSeeding.OnTick();
                haves.OnTick();
            }

            metadataUploads.OnTick();
            metadataDownload.OnTick();
            connections.Dial();
            peerExchange.OnTick();
            peerCache.OnTick();
            lifecycle.CheckGoal();
        }

        refusals.OnTick();
        stall.OnTick();
        timeLimits.OnTick();
        TorrentStatus status = StatusReport.Of(swarm);
        progress.OnTick(status);
        swarm.Host.Publish(status);
    }

    private void Sample(TimeSpan elapsed)
    {
        foreach (Peer peer in swarm.Peers.All)
        {
            peer.DownloadMeter.Sample(peer.Downloaded, elapsed);
            peer.ChokerMeter.Sample(peer.Downloaded, elapsed);
            peer.UploadMeter.Sample(peer.Link.Traffic.PayloadSent, elapsed);
            peer.Sample(swarm.Uptime);
            swarm.Peers.SetRate(peer, peer.DownloadMeter.Rate);
            if (peer.Requests.Count == 0)
                continue;
            peer.Depth.OnTick(peer.DownloadMeter.Rate, peer.RoundTrip ?? TimeSpan.Zero);
            requester.Trim(peer);
        }

        swarm.Totals.Sum(swarm.Peers.All);
        swarm.Totals.DownloadMeter.Sample(swarm.Totals.Downloaded, elapsed);
        swarm.Totals.UploadMeter.Sample(swarm.Totals.Uploaded, elapsed);
    }

    private void CheckLiveness(Peer peer)
    {
        // A web seed sends nothing but requested blocks.
        if (peer.IsWebSeed)
            return;
        if (peer.Link.IsHeldBack)
            peer.LastReceived = swarm.Now; // This client does not read what the peer sends.
        if (swarm.Since(peer.LastReceived) > Idle)
        {
            peer.Disconnect(DisconnectReason.Idle);
        }
        else if (swarm.Since(peer.LastSent) > KeepAlive && !peer.IsClosing)
        {
            peer.Wire?.SendKeepAlive();
            swarm.Peers.Touch(peer);
        }
    }

    /// <summary>
    /// If a peer sent no block within the request timeout, withdraws the requests to it and marks it as snubbed.
    /// Disconnects a stalled peer that is not interested in this client.
    /// </summary>
    private void CheckRequests(Peer peer)
    {
        if (peer.Requests.Count == 0 || peer.IsClosing)
            return;
        if (peer.Link.IsHeldBack)
            peer.RequestTimerStart = peer.SnubTimerStart = swarm.Now;
        if (swarm.Since(peer.RequestTimerStart) < peer.Timeout.Value)
            return;
        requester.ReleaseAll(peer, cancel: true);
        peer.Timeout.OnTimeout();
        peer.Depth.IsSnubbed = true;
        peer.RequestOutcomes.OnTimeout(swarm.Uptime);

        // An interested peer stays connected: once this client chokes it, it may send again to be unchoked.
        if (peer.RequestOutcomes.IsStalled(swarm.Uptime) && !peer.IsInterested)
            peer.Disconnect(DisconnectReason.ServesNothing);
    }
}
