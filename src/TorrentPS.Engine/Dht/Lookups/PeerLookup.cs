using System.Net;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Lookups;

/// <summary>The arguments of an <c>announce_peer</c> query.</summary>
/// <param name="Port">The TCP port to announce; null if only the packet's UDP source port is announced.</param>
/// <param name="ImpliedPort">Whether the other nodes store the packet's UDP source port instead of
/// <paramref name="Port"/> (BEP 5, "announce_peer").</param>
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
    /// <summary>Maximum number of peers that one lookup reports. A torrent connects to fewer.</summary>
    private const int MaxPeers = 2000;

    /// <summary>Maximum number of peers read from one response. A packet of 1,500 bytes has space for fewer.</summary>
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
        int looked = 0;
        foreach (NodeAddress peer in new PeerValues(answer.Values))
        {
            if (looked++ == MaxPeersPerResponse || _found.Count >= MaxPeers)
                break;
            if (from.CanReferTo(peer) && _found.Add(peer))
                added.Add(peer.ToEndPoint());
        }

        if (added.Count > 0)
            found(added);
    }

    protected override void OnEnded(LookupOutcome outcome) => done(outcome);
}
