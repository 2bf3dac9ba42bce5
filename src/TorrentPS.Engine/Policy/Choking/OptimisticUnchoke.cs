namespace TorrentPS.Engine.Policy.Choking;

/// <summary>Draws peers at random and unchokes them (BEP 3, "optimistic unchoking").</summary>
/// <remarks>
/// Optimistic unchoking finds peers that reciprocate better, and gives new peers a first piece that they can upload. As
/// in BEP 3, a newly connected peer is three times as likely to be drawn as other peers. Deviation: a peer that was
/// unchoked before and has sent nothing is half as likely to be drawn.
/// </remarks>
internal sealed class OptimisticUnchoke(Random random)
{
    /// <summary>
    /// Time after connecting during which a peer counts as new. It is two optimistic intervals of 30 s (BEP 3), so that
    /// each new peer takes part in at least one choice.
    /// </summary>
    public static readonly TimeSpan NewPeerAge = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Draw weight of most peers. It is even, because <see cref="NonReciprocatingWeight"/> is half of it.
    /// </summary>
    private const int BaseWeight = 2;

    /// <summary>
    /// Draw weight of a new peer. BEP 3 requires three times the weight of other peers, because a new peer often has no
    /// piece that it could upload in return.
    /// </summary>
    private const int NewPeerWeight = 3 * BaseWeight;

    /// <summary>
    /// Draw weight of a peer that was unchoked before but has never sent a block. Such a peer probably won't
    /// reciprocate when it is unchoked again.
    /// </summary>
    private const int NonReciprocatingWeight = BaseWeight / 2;

    /// <summary>
    /// Unchokes randomly drawn peers that are interested and that <paramref name="decisions"/> doesn't unchoke yet.
    /// </summary>
    /// <remarks>
    /// Peers that were choked before this call are drawn first. Peers that would lose their slot in this round are
    /// drawn only when no others are left.
    /// </remarks>
    /// <param name="candidates">All connected peers.</param>
    /// <param name="count">The maximum number of peers to unchoke.</param>
    /// <param name="reason">
    /// The reason to store in the decisions. With any reason but <see cref="ChokeReason.Optimistic"/>, snubbed peers
    /// aren't drawn.
    /// </param>
    /// <param name="now">The current time.</param>
    /// <param name="decisions">The decisions so far. The decisions about the drawn peers are replaced.</param>
    public void Draw(
        ReadOnlySpan<ChokeCandidate> candidates,
        int count,
        ChokeReason reason,
        TimeSpan now,
        Span<ChokeDecision> decisions)
    {
        for (int drawn = 0; drawn < count; drawn++)
        {
            int winner = DrawOne(candidates, reason, now, decisions, hadSlot: false);
            if (winner < 0)
                winner = DrawOne(candidates, reason, now, decisions, hadSlot: true);
            if (winner < 0)
                return;
            decisions[winner] = decisions[winner] with { IsUnchoked = true, Reason = reason };
        }
    }

    private int DrawOne(
        ReadOnlySpan<ChokeCandidate> candidates,
        ChokeReason reason,
        TimeSpan now,
        ReadOnlySpan<ChokeDecision> decisions,
        bool hadSlot)
    {
        int winner = -1;
        int total = 0;
        for (int i = 0; i < candidates.Length; i++)
        {
            ref readonly ChokeCandidate peer = ref candidates[i];
            bool isEligible = peer.IsInterested && peer.IsUnchoked == hadSlot && !decisions[i].IsUnchoked;
            if (!isEligible || (peer.IsSnubbed && reason != ChokeReason.Optimistic))
                continue;
            int weight = WeightOf(peer, now);
            total += weight;
            if (random.Next(total) < weight)
                winner = i;
        }

        return winner;
    }

    private static int WeightOf(in ChokeCandidate peer, TimeSpan now)
    {
        if (now - peer.ConnectedAt < NewPeerAge)
            return NewPeerWeight;
        return peer.UnchokedAt is not null && !peer.HasSentData ? NonReciprocatingWeight : BaseWeight;
    }
}
