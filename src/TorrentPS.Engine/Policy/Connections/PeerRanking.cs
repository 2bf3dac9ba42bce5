namespace TorrentPS.Engine.Policy.Connections;

/// <summary>The facts that decide whether a connection is kept when a torrent has too many.</summary>
/// <param name="Priority">The canonical priority of the connection (BEP 40).</param>
/// <param name="RecentBytes">
/// Payload bytes of the last one to two minutes: received from the peer while the torrent downloads, else sent to the
/// peer.
/// </param>
/// <param name="IsUseful">
/// Whether either side was interested in the other within <see cref="PeerRanking.Grace"/>. Two seeds never are.
/// </param>
/// <param name="Age">The time since the peer connected.</param>
internal readonly record struct ConnectionMetrics(uint Priority, long RecentBytes, bool IsUseful, TimeSpan Age);

/// <summary>Chooses the connection to close when another peer is to take its place.</summary>
/// <remarks>
/// A connection that was of use is replaced only by one of a higher canonical priority. The priority of two peers is
/// constant, so replacements never go round in circles, and both ends prefer the same connections (BEP 40).
/// </remarks>
internal static class PeerRanking
{
    /// <summary>
    /// Time after connecting in which a connection is never closed for another. Peers need it to exchange pieces and to
    /// unchoke.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Minimum payload bytes of the last one to two minutes by which a connection counts as trading. Equals 0.5 to 1
    /// KiB/s.
    /// </summary>
    public const long MinRecentBytes = 64 * 1024;

    /// <summary>Finds the connection to close first.</summary>
    /// <remarks>
    /// A connection younger than <see cref="Grace"/> is never chosen. A useful connection isn't chosen if it moved
    /// <see cref="MinRecentBytes"/> recently. Of the others, those that aren't useful come first, and then those of the
    /// lowest priority.
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
    /// Whether a new peer takes the place of the worst connection. It does if that connection isn't useful or has a
    /// lower priority.
    /// </summary>
    /// <param name="worst">The connection found by <see cref="FindWorst"/>.</param>
    /// <param name="priority">The canonical priority of the new peer.</param>
    public static bool ShouldReplace(ConnectionMetrics worst, uint priority) =>
        !worst.IsUseful || priority > worst.Priority;

    private static bool IsWorse(ConnectionMetrics peer, ConnectionMetrics than) =>
        peer.IsUseful != than.IsUseful ? !peer.IsUseful : peer.Priority < than.Priority;
}
