using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Swarm.State;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Decides which of two connections to the same peer stays open.</summary>
internal static class DoubleConnection
{
    /// <summary>
    /// Time without a message from a peer after which its connection may have failed unnoticed. Connections that
    /// transfer content are never silent for so long.
    /// </summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether a peer has connected again because its older connection failed: the peer opened both connections from
    /// the same address, and the older one is silent. The newer connection then replaces it. Otherwise the peer would
    /// be refused until the older connection times out.
    /// </summary>
    public static bool IsReconnect(Peer older, TimeSpan silentFor, PeerConnected newer) =>
        older.Incoming && newer.Incoming
        && silentFor >= Silence
        && older.Origin == new PeerOrigin(newer.Link.EndPoint);

    /// <summary>
    /// Whether the newer connection replaces the older one. If each side opened one of them, the connection opened by
    /// the side with the smaller peer id is kept, so that both sides close the same connection. If one side opened
    /// both, the older connection is kept, unless <see cref="IsReconnect"/> applies.
    /// </summary>
    /// <param name="self">This client's peer id.</param>
    /// <param name="newerIsIncoming">Whether the peer opened the newer connection.</param>
    /// <param name="peer">The peer's id.</param>
    /// <param name="olderIsIncoming">Whether the peer opened the older connection.</param>
    public static bool Supersedes(PeerId self, bool newerIsIncoming, PeerId peer, bool olderIsIncoming) =>
        newerIsIncoming != olderIsIncoming && self < peer == !newerIsIncoming;
}
