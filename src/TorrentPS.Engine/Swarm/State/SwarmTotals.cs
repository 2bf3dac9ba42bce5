using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Runtime;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>The torrent's counters in bytes since it was added, those of peers that left included.</summary>
internal sealed class SwarmTotals
{
    private PeerTraffic _gone;

    /// <summary>Payload received.</summary>
    public long Downloaded { get; set; }

    /// <summary>Payload received and not needed.</summary>
    public long Wasted { get; set; }

    /// <summary>Payload dropped because its piece was wrong.</summary>
    public long HashFailed { get; set; }

    /// <summary>Payload sent, as of the last <see cref="Sum"/>.</summary>
    public long Uploaded { get; private set; }

    /// <summary>Bytes beside payload received, as of the last <see cref="Sum"/>.</summary>
    public long ProtocolDownloaded { get; private set; }

    /// <summary>Bytes beside payload sent, as of the last <see cref="Sum"/>.</summary>
    public long ProtocolUploaded { get; private set; }

    public RateMeter DownloadMeter = new(RateMeter.DisplaySmoothing);

    public RateMeter UploadMeter = new(RateMeter.DisplaySmoothing);

    /// <summary>Keeps what a peer that leaves has moved.</summary>
    public void Retire(PeerTraffic traffic) => _gone = Add(_gone, traffic);

    /// <summary>Adds up all peers.</summary>
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
