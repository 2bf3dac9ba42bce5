using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>Which of two connections to the same peer stays.</summary>
internal static class DoubleConnection
{
    /// <summary>
    /// When both sides connect to each other at once, both must give up the same connection of the two: the one that the smaller
    /// peer id began stays.
    /// </summary>
    /// <param name="self">Who we are.</param>
    /// <param name="newerIsIncoming">Whether the peer began the newer connection.</param>
    /// <param name="peer">Who it is.</param>
    /// <param name="olderIsIncoming">Whether the peer began the older connection.</param>
    /// <returns>Whether the newer one takes the place of the older.</returns>
    public static bool Supersedes(PeerId self, bool newerIsIncoming, PeerId peer, bool olderIsIncoming) =>
        newerIsIncoming != olderIsIncoming && self < peer == !newerIsIncoming;
}
