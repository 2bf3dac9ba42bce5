namespace TorrentPS.Engine.Policy.Connections;

/// <summary>Properties of a connection that decide whether it is closed to make room for another peer.</summary>
/// <param name="Priority">The canonical priority of the connection (BEP 40).</param>
/// <param name="RecentBytes">
/// Payload bytes of the last one to two minutes. While the torrent downloads, these are the bytes received from the
/// peer; otherwise, the bytes sent to it.
/// </param>
/// <param name="IsUseful">
/// Whether this client was interested in the peer, or the peer in this client, within <see cref="PeerRanking.Grace"/>.
/// Two seeds are never interested in each other.
/// </param>
/// <param name="Age">The time since the peer connected.</param>
internal readonly record struct ConnectionMetrics(uint Priority, long RecentBytes, bool IsUseful, TimeSpan Age);

/// <summary>Chooses the connection to close when another peer is to be connected instead.</summary>
/// <remarks>
/// A useful connection is replaced only by one of a higher canonical priority (BEP 40). The priority of two endpoints
/// is constant, so two peers never replace each other alternately. It is also the same at both ends, so both peers
/// prefer the same connections.
/// </remarks>
internal static class PeerRanking
{
    /// <summary>
    /// Time after connecting in which a connection is never closed to make room for another. The peers need this time
    /// to unchoke each other and to exchange first blocks.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Minimum number of payload bytes in the last one to two minutes that protects a useful connection from being
    /// closed to make room for another. The number corresponds to a rate of 0.5 to 1 KiB/s.
    /// </summary>
    public const long MinRecentBytes = 64 * 1024;

    /// <summary>Finds the connection to close first.</summary>
    /// <remarks>
    /// Connections younger than <see cref="Grace"/> and useful connections protected by <see cref="MinRecentBytes"/>
    /// are never chosen. Of the other connections, those that aren't useful are chosen before the useful ones. Within
    /// each of these two groups, the connection with the lowest canonical priority is chosen.
    /// </remarks>
    /// <returns>An index into <paramref name="peers"/>; −1 if no connection may be closed.</returns>
    public static int FindWorst(ReadOnlySpan<ConnectionMetrics> peers)
    {
        int worst = -1;
        for (int i = 0; i < peers.Length; i++)
        {
            ConnectionMetrics peer = peers[i];
            if (peer.Age < Grace || (peer.IsUseful && peer.RecentBytes >= MinRecentBytes))
                continue;
            if (worst < 0 || IsWorse(peer, peers[worst]))
                worst = i;
        }

        return worst;
    }

    /// <summary>
    /// Returns whether to close the worst connection to make room for a new peer. It is closed if it isn't useful, or
    /// if its priority is lower than that of the new peer.
    /// </summary>
    /// <param name="worst">The connection found by <see cref="FindWorst"/>.</param>
    /// <param name="priority">The canonical priority of the new peer.</param>
    public static bool ShouldReplace(ConnectionMetrics worst, uint priority) =>
        !worst.IsUseful || priority > worst.Priority;

    private static bool IsWorse(ConnectionMetrics peer, ConnectionMetrics than) =>
        peer.IsUseful != than.IsUseful ? !peer.IsUseful : peer.Priority < than.Priority;
}
