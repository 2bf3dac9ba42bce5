using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>
/// The torrent's transfer counters in bytes since it was added to this session. They include peers that have
/// disconnected.
/// </summary>
internal sealed class SwarmTotals
{
    private PeerTraffic _disconnected;

    /// <summary>Payload bytes received.</summary>
    public long Downloaded { get; set; }

    /// <summary>Payload bytes received and discarded because they were not needed.</summary>
    public long Wasted { get; set; }

    /// <summary>
    /// Payload bytes received and discarded because their piece failed its hash check or had blocks of a banned peer.
    /// </summary>
    public long HashFailed { get; set; }

    /// <summary>Payload bytes sent. Updated by <see cref="Sum"/>.</summary>
    public long Uploaded { get; private set; }

    /// <summary>Bytes received that are not payload. Updated by <see cref="Sum"/>.</summary>
    public long ProtocolDownloaded { get; private set; }

    /// <summary>Bytes sent that are not payload. Updated by <see cref="Sum"/>.</summary>
    public long ProtocolUploaded { get; private set; }

    public RateMeter DownloadMeter = new(RateMeter.DisplaySmoothing);

    public RateMeter UploadMeter = new(RateMeter.DisplaySmoothing);

    /// <summary>Adds the traffic of a disconnected peer to the totals.</summary>
    public void Retire(PeerTraffic traffic) => _disconnected = Add(_disconnected, traffic);

    /// <summary>Updates the counters of sent and protocol bytes from the traffic of all peers.</summary>
    /// <param name="peers">The connected peers.</param>
    public void Sum(IReadOnlyList<Peer> peers)
    {
        PeerTraffic sum = _disconnected;
        foreach (Peer peer in peers)
            sum = Add(sum, peer.Link.Traffic);
        Uploaded = sum.PayloadSent;
        ProtocolDownloaded = Math.Max(0, sum.Received - Downloaded);
        ProtocolUploaded = sum.Sent - sum.PayloadSent;
    }

    private static PeerTraffic Add(PeerTraffic a, PeerTraffic b) =>
        new(a.Received + b.Received, a.Sent + b.Sent, a.PayloadSent + b.PayloadSent);
}
