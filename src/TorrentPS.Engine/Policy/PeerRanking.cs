namespace TorrentPS.Engine.Policy;

/// <summary>What decides whether a connection is worth its place.</summary>
/// <param name="Priority">Its canonical priority (<see cref="CanonicalPriority"/>).</param>
/// <param name="Given">Payload bytes the peer gave us.</param>
/// <param name="IsUseful">Whether either side is interested in the other; false between two seeds.</param>
/// <param name="Age">How long it has been connected.</param>
internal readonly record struct PeerStanding(uint Priority, long Given, bool IsUseful, TimeSpan Age);

/// <summary>Whom to let go when there is no room for another peer.</summary>
internal static class PeerRanking
{
    /// <summary>A connection is not judged before: it needs time to learn who has what and to be unchoked.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The connection to give up first: one of no use to either side, else, among those who gave nothing, that of the lowest
    /// canonical priority. Peers that gave keep their place.
    /// </summary>
    /// <returns>An index into <paramref name="peers"/>, or -1 when all are to be kept.</returns>
    public static int FindWorst(ReadOnlySpan<PeerStanding> peers)
    {
        int worst = -1;
        for (int i = 0; i < peers.Length; i++)
        {
            PeerStanding peer = peers[i];
            if (peer.Age < Grace || (peer.IsUseful && peer.Given > 0))
                continue;
            if (worst < 0 || IsWorse(peer, peers[worst]))
                worst = i;
        }

        return worst;
    }

    /// <summary>Whether a peer that wants to join should take the place of the worst.</summary>
    /// <param name="worst">What <see cref="FindWorst"/> found.</param>
    /// <param name="priority">The canonical priority of the new peer.</param>
    public static bool ShouldReplace(PeerStanding worst, uint priority) => !worst.IsUseful || priority > worst.Priority;

    private static bool IsWorse(PeerStanding peer, PeerStanding than) =>
        peer.IsUseful != than.IsUseful ? !peer.IsUseful : peer.Priority < than.Priority;
}
