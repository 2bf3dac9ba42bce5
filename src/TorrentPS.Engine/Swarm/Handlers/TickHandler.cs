using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Runs the periodic work: rates, request depths, timeouts, keep-alives, choke rounds, dialing and the status.
/// </summary>
internal sealed class TickHandler(
    SwarmState swarm,
    Requester requester,
    Unchoker unchoker,
    SuperSeedHandler superSeeding,
    ConnectionHandler connections,
    LifecycleHandler lifecycle,
    PexHandler peerExchange,
    MetadataUploadHandler metadataUploads,
    MetadataDownloadHandler metadataDownload,
    PeerCacheHandler peerCache)
{
    /// <summary>Interval of ticks. It is also the interval at which the status is published.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Interval at which rates and request depths are sampled. Rates over shorter intervals vary too much.
    /// </summary>
    private static readonly TimeSpan s_samplePeriod = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Time without a message sent after which a keep-alive is sent. BEP 3 has clients send one every two minutes.
    /// </summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(100);

    /// <summary>
    /// Time without a message received after which a connection is closed: two keep-alives are missing.
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
            }

            metadataUploads.OnTick();
            metadataDownload.OnTick();
            connections.Dial();
            peerExchange.OnTick();
            peerCache.OnTick();
            lifecycle.CheckGoal();
        }

        swarm.Host.Publish(StatusReport.Of(swarm));
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

    /// <summary>Withdraws the requests of a peer that timed out, and limits it to one request (snubbed).</summary>
    private void CheckRequests(Peer peer)
    {
        if (peer.Requests.Count == 0 || peer.IsClosing)
            return;
        if (peer.Link.IsHeldBack)
            peer.LastBlock = peer.LastService = swarm.Now;
        if (swarm.Since(peer.LastBlock) < peer.Timeout.Value)
            return;
        requester.ReleaseAll(peer, cancel: true);
        peer.Timeout.OnTimeout();
        peer.Depth.IsSnubbed = true;
        peer.RequestOutcomes.OnTimeout(swarm.Uptime);

        // An interested peer stays connected: it may upload again when it is choked.
        if (peer.RequestOutcomes.IsStalled(swarm.Uptime) && !peer.IsInterested)
            peer.Disconnect(DisconnectReason.ServesNothing);
    }
}
