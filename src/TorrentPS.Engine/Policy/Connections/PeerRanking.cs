namespace TorrentPS.Engine.Policy.Connections;

/// <summary>The facts that decide whether a connection is kept when a torrent has too many.</summary>
/// <param name="Priority">The canonical priority of the connection (BEP 40).</param>
/// <param name="RecentBytes">
/// Payload bytes of the last one to two minutes: those received from the peer while the torrent downloads, otherwise
/// those sent to the peer.
/// </param>
/// <param name="IsUseful">
/// Whether either side was interested in the other within <see cref="PeerRanking.Grace"/>. Two seeds are never
/// interested in each other.
/// </param>
/// <param name="Age">The time since the peer connected.</param>
internal readonly record struct ConnectionMetrics(uint Priority, long RecentBytes, bool IsUseful, TimeSpan Age);

/// <summary>Chooses the connection to close when another peer is to take its place.</summary>
/// <remarks>
/// A useful connection is replaced only by one of a higher canonical priority (BEP 40). The priority of a pair of
/// endpoints is constant, so two peers never replace each other alternately, and both ends prefer the same connections.
/// </remarks>
internal static class PeerRanking
{
    /// <summary>
    /// Time after connecting in which a connection is never closed to make room for another. Both peers need this time
    /// to unchoke each other and to exchange first blocks.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Minimum <see cref="ConnectionMetrics.RecentBytes"/> at which a useful connection is never closed to make room
    /// for another. Over one to two minutes, this is an average of 0.5 to 1 KiB/s.
    /// </summary>
    public const long MinRecentBytes = 64 * 1024;

    /// <summary>Finds the connection to close first.</summary>
    /// <remarks>
    /// A connection younger than <see cref="Grace"/> is never chosen. Neither is a useful connection with at least
    /// <see cref="MinRecentBytes"/> recent bytes. Of the others, a connection that isn't useful is chosen before a
    /// useful one, and then the one of the lowest priority.
    /// </remarks>
    /// <returns>An index into <paramref name="peers"/>, or −1 if all connections are kept.</returns>
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
    /// Whether to close the worst connection to make room for a new peer. True if the connection isn't useful or has a
    /// lower priority than the new peer.
    /// </summary>
    /// <param name="worst">The connection found by <see cref="FindWorst"/>.</param>
    /// <param name="priority">The canonical priority of the new peer.</param>
    public static bool ShouldReplace(ConnectionMetrics worst, uint priority) =>
        !worst.IsUseful || priority > worst.Priority;

    private static bool IsWorse(ConnectionMetrics peer, ConnectionMetrics than) =>
        peer.IsUseful != than.IsUseful ? !peer.IsUseful : peer.Priority < than.Priority;
}
