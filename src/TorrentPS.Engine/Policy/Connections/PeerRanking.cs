namespace TorrentPS.Engine.Policy.Connections;

/// <summary>What decides whether a connection is worth its place.</summary>
/// <param name="Priority">Its canonical priority (BEP 40).</param>
/// <param name="Traded">Payload bytes the peer gave us lately (<see cref="RecentTransfer"/>); when all we can do is give, what it took.</param>
/// <param name="IsUseful">Whether either side was interested in the other lately; false between two seeds.</param>
/// <param name="Age">How long it has been connected.</param>
internal readonly record struct ConnectionMetrics(uint Priority, long Traded, bool IsUseful, TimeSpan Age);

/// <summary>Whom to let go when there is no room for another peer.</summary>
/// <remarks>
/// Nothing turns in circles: a useful peer goes only for one of a higher priority, which is a fixed number for the two, so each
/// exchange brings the connections nearer to the one set that can't be improved, from both ends.
/// </remarks>
internal static class PeerRanking
{
    /// <summary>A connection is not judged before: it needs time to learn who has what and to be unchoked.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    /// <summary>Who traded less in the last minute or two does not trade: about 1 KiB/s, or a block every half minute.</summary>
    public const long MinTraded = 64 * 1024;

    /// <summary>
    /// The connection to give up first: one of no use to either side, else, among those who do not trade, that of the lowest canonical
    /// priority. Peers that trade keep their place.
    /// </summary>
    /// <returns>An index into <paramref name="peers"/>, or -1 when all are to be kept.</returns>
    public static int FindWorst(ReadOnlySpan<ConnectionMetrics> peers)
    {
        int worst = -1;
        for (int i = 0; i < peers.Length; i++)
        {
            ConnectionMetrics peer = peers[i];
            if (peer.Age < Grace || (peer.IsUseful && peer.Traded >= MinTraded))
                continue;
            if (worst < 0 || IsWorse(peer, peers[worst]))
                worst = i;
        }

        return worst;
    }

    /// <summary>Whether a peer that wants to join should take the place of the worst.</summary>
    /// <param name="worst">What <see cref="FindWorst"/> found.</param>
    /// <param name="priority">The canonical priority of the new peer.</param>
    public static bool ShouldReplace(ConnectionMetrics worst, uint priority) => !worst.IsUseful || priority > worst.Priority;

    private static bool IsWorse(ConnectionMetrics peer, ConnectionMetrics than) =>
        peer.IsUseful != than.IsUseful ? !peer.IsUseful : peer.Priority < than.Priority;
}
