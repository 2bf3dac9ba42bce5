using System.Net;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>The arguments of an <c>announce_peer</c> query.</summary>
/// <param name="Port">The TCP port to announce. It may be null if <paramref name="ImpliedPort"/> is true.</param>
/// <param name="ImpliedPort">
/// Whether other nodes should store the UDP source port of the query instead of <paramref name="Port"/> (BEP 5,
/// "implied_port").
/// </param>
/// <param name="IsSeed">Whether this client is a seed (BEP 33).</param>
internal sealed record PeerAnnounce(ushort? Port, bool ImpliedPort, bool IsSeed);

/// <summary>
/// Finds the peers of a torrent (BEP 5, "get_peers"). With a <see cref="PeerAnnounce"/>, it then announces this client
/// to the closest nodes.
/// </summary>
internal sealed class PeerLookup(
    LookupContext context,
    NodeId target,
    PeerAnnounce? announce,
    Action<IReadOnlyList<IPEndPoint>> found,
    Action<LookupOutcome> done)
    : DhtLookup(context, target)
{
    /// <summary>
    /// Maximum number of peers that one lookup reports. A torrent connects to fewer peers. The limit stops hostile
    /// nodes from reporting peers without end.
    /// </summary>
    private const int MaxPeers = 2000;

    /// <summary>
    /// Maximum number of peers read from one response. It is a safeguard: a response of the maximum length
    /// (<see cref="KrpcMessage.MaxLength"/>) holds fewer than 200 peers.
    /// </summary>
    private const int MaxPeersPerResponse = 200;

    private readonly HashSet<NodeAddress> _found = [];

    protected override bool HasStoreQuery => announce is not null;

    protected override KrpcMessage CreateQuery() => new() { Method = KrpcMethod.GetPeers, Target = Target };

    protected override KrpcMessage CreateStoreQuery() => new()
    {
        Method = KrpcMethod.AnnouncePeer,
        Target = Target,
        Port = announce!.Port ?? 1,
        ImpliedPort = announce.ImpliedPort,
        IsSeed = announce.IsSeed,
    };

    protected override void OnResponse(in KrpcMessage answer, NodeAddress from)
    {
        List<IPEndPoint> added = [];
        int count = 0;
        foreach (NodeAddress peer in new PeerValues(answer.Values))
        {
            if (count++ == MaxPeersPerResponse || _found.Count >= MaxPeers)
                break;
            if (from.CanReferTo(peer) && _found.Add(peer))
                added.Add(peer.ToEndPoint());
        }

        if (added.Count > 0)
            found(added);
    }

    protected override void OnEnded(LookupOutcome outcome) => done(outcome);
}
