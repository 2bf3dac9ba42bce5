using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>The torrent's transfer counters in bytes since it was added. They include peers that have left.</summary>
internal sealed class SwarmTotals
{
    private PeerTraffic _gone;

    /// <summary>Payload bytes received.</summary>
    public long Downloaded { get; set; }

    /// <summary>Payload bytes received that were not needed.</summary>
    public long Wasted { get; set; }

    /// <summary>Payload bytes dropped because their piece failed its hash.</summary>
    public long HashFailed { get; set; }

    /// <summary>Payload bytes sent, as of the last <see cref="Sum"/>.</summary>
    public long Uploaded { get; private set; }

    /// <summary>Bytes received that are not payload, as of the last <see cref="Sum"/>.</summary>
    public long ProtocolDownloaded { get; private set; }

    /// <summary>Bytes sent that are not payload, as of the last <see cref="Sum"/>.</summary>
    public long ProtocolUploaded { get; private set; }

    public RateMeter DownloadMeter = new(RateMeter.DisplaySmoothing);

    public RateMeter UploadMeter = new(RateMeter.DisplaySmoothing);

    /// <summary>Adds the traffic of a peer that leaves.</summary>
    public void Retire(PeerTraffic traffic) => _gone = Add(_gone, traffic);

    /// <summary>Updates the sums over the connected peers and those that have left.</summary>
    public void Sum(IReadOnlyList<Peer> peers)
    {
        PeerTraffic sum = _gone;
        foreach (Peer peer in peers)
            sum = Add(sum, peer.Link.Traffic);
        Uploaded = sum.PayloadSent;
        ProtocolDownloaded = Math.Max(0, sum.Received - Downloaded);
        ProtocolUploaded = sum.Sent - sum.PayloadSent;
    }

    private static PeerTraffic Add(PeerTraffic a, PeerTraffic b) =>
        new(a.Received + b.Received, a.Sent + b.Sent, a.PayloadSent + b.PayloadSent);
}
