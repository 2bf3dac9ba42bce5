namespace TorrentPS.Engine.Policy.Choking;

/// <summary>Gives slots by lot: how new partners are found, and newcomers get something to trade.</summary>
internal sealed class OptimisticUnchoke(Random random)
{
    /// <summary>For how long after it connected a peer counts as new.</summary>
    public static readonly TimeSpan NewFor = TimeSpan.FromSeconds(60);

    private const int UsualWeight = 2;

    /// <summary>A new peer is three times as likely to be drawn: it has nothing to trade yet.</summary>
    private const int NewPeerWeight = 3 * UsualWeight;

    /// <summary>Who had a slot before and never gave anything is half as likely: it may have better partners, or live by lots.</summary>
    private const int TriedInVainWeight = UsualWeight / 2;

    /// <summary>Unchokes some of those who want it and have no slot; who had one until now comes last.</summary>
    /// <param name="candidates">All connected peers.</param>
    /// <param name="count">How many to unchoke at most.</param>
    /// <param name="reason">Why; a peer that snubs us is drawn as an optimistic one only.</param>
    /// <param name="now">The time.</param>
    /// <param name="decisions">What is decided so far; the winners are added.</param>
    public void Draw(ReadOnlySpan<ChokeCandidate> candidates, int count, ChokeReason reason, TimeSpan now, Span<ChokeDecision> decisions)
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
        ReadOnlySpan<ChokeCandidate> candidates, ChokeReason reason, TimeSpan now, ReadOnlySpan<ChokeDecision> decisions, bool hadSlot)
    {
        int winner = -1;
        int total = 0;
        for (int i = 0; i < candidates.Length; i++)
        {
            ref readonly ChokeCandidate peer = ref candidates[i];
            bool may = peer.IsInterested && peer.IsUnchoked == hadSlot && !decisions[i].IsUnchoked;
            if (!may || (peer.IsSnubbing && reason != ChokeReason.Optimistic))
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
        if (now - peer.ConnectedAt < NewFor)
            return NewPeerWeight;
        return peer.UnchokedAt is not null && !peer.HasGiven ? TriedInVainWeight : UsualWeight;
    }
}
