using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Decides which of two connections to the same peer stays open.</summary>
internal static class DoubleConnection
{
    /// <summary>
    /// Whether the newer connection replaces the older one. If each side opened one of them, the connection opened by
    /// the side with the smaller peer id is kept, so that both sides close the same connection. If one side opened
    /// both, the older connection is kept.
    /// </summary>
    /// <param name="self">This client's peer id.</param>
    /// <param name="newerIsIncoming">Whether the peer opened the newer connection.</param>
    /// <param name="peer">The peer's id.</param>
    /// <param name="olderIsIncoming">Whether the peer opened the older connection.</param>
    public static bool Supersedes(PeerId self, bool newerIsIncoming, PeerId peer, bool olderIsIncoming) =>
        newerIsIncoming != olderIsIncoming && self < peer == !newerIsIncoming;
}
