using System.Net;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>What to tell the nodes nearest to a torrent of ourselves.</summary>
/// <param name="Port">The port that we listen on; null when only the packet's counts.</param>
/// <param name="ImpliedPort">Whether the port that the packet comes from counts (BEP 5, "announce_peer").</param>
/// <param name="IsSeed">Whether we have everything (BEP 33).</param>
internal sealed record PeerAnnounce(ushort? Port, bool ImpliedPort, bool IsSeed);

/// <summary>Finds a torrent's peers (BEP 5, "get_peers") and may announce us as one.</summary>
internal sealed class PeerLookup(
    LookupContext tools, NodeId target, PeerAnnounce? announce, Action<IReadOnlyList<IPEndPoint>> found, Action<LookupOutcome> done)
    : DhtLookup(tools, target)
{
    /// <summary>How many peers one lookup reports: more than a swarm connects to.</summary>
    private const int MaxPeers = 2000;

    /// <summary>How many peers of one answer are looked at: no more fit a packet that is not fragmented.</summary>
    private const int MaxPeersPerAnswer = 200;

    private readonly HashSet<NodeAddress> _found = [];

    protected override bool IsToStore => announce is not null;

    protected override KrpcMessage Query() => new() { Method = KrpcMethod.GetPeers, Target = Target };

    protected override KrpcMessage Store() => new()
    {
        Method = KrpcMethod.AnnouncePeer,
        Target = Target,
        Port = announce!.Port ?? 1,
        ImpliedPort = announce.ImpliedPort,
        IsSeed = announce.IsSeed,
    };

    protected override void Answered(in KrpcMessage answer, NodeAddress from)
    {
        List<IPEndPoint> added = [];
        int looked = 0;
        foreach (NodeAddress peer in new PeerValues(answer.Values))
        {
            if (looked++ == MaxPeersPerAnswer || _found.Count >= MaxPeers)
                break;
            if (from.MayName(peer) && _found.Add(peer))
                added.Add(peer.ToEndPoint());
        }

        if (added.Count > 0)
            found(added);
    }

    protected override void Ended(LookupOutcome outcome) => done(outcome);
}
