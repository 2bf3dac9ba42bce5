using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>What the passing of time brings: rates, request depths, timeouts, keep-alives, choking rounds, further dialling.</summary>
internal sealed class TickHandler(
    SwarmState swarm, Requester requester, Unchoker unchoker, SuperSeedHandler superSeeding, ConnectionHandler connections, LifecycleHandler lifecycle,
    PexHandler exchange, MetadataUploadHandler metadataUploads, MetadataDownloadHandler metadataDownload, PeerCacheHandler memory)
{
    /// <summary>How often a tick comes: the pace of progress bars.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    /// <summary>Rates and request depths are renewed this often: a shorter look at a rate sees noise.</summary>
    private static readonly TimeSpan s_samplePeriod = TimeSpan.FromSeconds(1);

    /// <summary>A connection on which nothing was sent for this long gets a keep-alive (BEP 3: generally once every two minutes).</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(100);

    /// <summary>A connection on which nothing came for this long is dead: two keep-alives missed.</summary>
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
            exchange.OnTick();
            memory.OnTick();
            lifecycle.CheckGoal();
        }

        swarm.Host.Publish(StatusReport.Of(swarm));
    }

    private void Sample(TimeSpan elapsed)
    {
        foreach (Peer peer in swarm.Peers.All)
        {
            peer.DownloadMeter.Sample(peer.Downloaded, elapsed);
            peer.GivesMeter.Sample(peer.Downloaded, elapsed);
            peer.UploadMeter.Sample(peer.Link.Traffic.PayloadSent, elapsed);
            peer.NoteUse(swarm.Uptime);
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
        // A web server says nothing but what it is asked for.
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

    /// <summary>A peer that owes blocks and sends none holds them up: they are asked of others, and it gets one request at a time.</summary>
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

        // One that wants something of us may yet be taught by being choked.
        if (peer.RequestOutcomes.IsStalled(swarm.Uptime) && !peer.IsInterested)
            peer.Disconnect(DisconnectReason.ServesNothing);
    }
}
