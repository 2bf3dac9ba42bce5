namespace TorrentPS.Engine.Policy.Choking;

/// <summary>Gives slots to those who give most to us, and some by lot (tit for tat, BEP 3).</summary>
/// <remarks>
/// Every <see cref="Choker.Round"/> the slots are given anew; one in five goes to somebody at random for <see cref="OptimisticTerm"/>,
/// so that better partners are found and newcomers get something to trade. In between, a slot that became free is filled at once.
/// </remarks>
internal sealed class TitForTatChoker(Random random) : Choker
{
    /// <summary>How long an optimistic slot stays with one peer: three rounds, time enough for it to give something back.</summary>
    public static readonly TimeSpan OptimisticTerm = TimeSpan.FromSeconds(30);

    /// <summary>One slot in so many is optimistic.</summary>
    private const int SlotsPerOptimistic = 5;

    /// <summary>Who has a slot keeps it against others who give less than a tenth more: each change costs both ends a slow start.</summary>
    private const double Loyalty = 1.1;

    private readonly ChokeRanking _ranking = new();
    private readonly OptimisticUnchoke _lot = new(random);

    /// <summary>How many of the slots are optimistic.</summary>
    public static int OptimisticSlots(int slots) => slots < 2 ? 0 : Math.Max(1, slots / SlotsPerOptimistic);

    /// <inheritdoc/>
    public override void Decide(ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs terms, Span<ChokeDecision> decisions)
    {
        for (int i = 0; i < candidates.Length; i++)
            decisions[i] = Kept(candidates[i], terms);

        int optimistic = OptimisticSlots(terms.Slots);
        int regular = terms.Slots - optimistic - (CountUnchoked(decisions) - CountOptimistic(decisions));
        Reciprocate(candidates, regular, decisions);
        optimistic = Math.Min(optimistic - CountOptimistic(decisions), terms.Slots - CountUnchoked(decisions));
        _lot.Draw(candidates, optimistic, ChokeReason.Optimistic, terms.Now, decisions);
        Leave(candidates, terms, decisions);
        _lot.Draw(candidates, terms.Slots - CountUnchoked(decisions), ChokeReason.FreeSlot, terms.Now, decisions);
    }

    /// <summary>Who is unchoked stays so between rounds; in a round, who was unchoked just now, or tried for less than a term.</summary>
    private static ChokeDecision Kept(in ChokeCandidate peer, in ChokeInputs terms)
    {
        TimeSpan least = peer.Reason == ChokeReason.Optimistic ? OptimisticTerm : LeastStay;
        if (peer.IsUnchoked && peer.IsInterested && (!terms.IsRound || peer.StayAt(terms.Now) < least))
            return new ChokeDecision(true, peer.Reason);
        ChokeReason why = !peer.IsInterested ? ChokeReason.NotInterested : peer.IsSnubbing ? ChokeReason.Snubbing : ChokeReason.NoSlot;
        return new ChokeDecision(false, why);
    }

    private void Reciprocate(ReadOnlySpan<ChokeCandidate> candidates, int slots, Span<ChokeDecision> decisions)
    {
        _ranking.Clear();
        for (int i = 0; i < candidates.Length; i++)
        {
            ref readonly ChokeCandidate peer = ref candidates[i];
            if (peer.IsInterested && !peer.IsSnubbing && peer.GivesRate > 0)
                _ranking.Add(i, peer.IsUnchoked ? peer.GivesRate * Loyalty : peer.GivesRate);
        }

        _ranking.Sort();
        _ranking.Grant(slots, ChokeReason.Reciprocating, decisions);
    }

    /// <summary>A slot that nobody earned stays with one peer for a term, since to choke a peer wastes what it was about to ask for.</summary>
    private static void Leave(ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs terms, Span<ChokeDecision> decisions)
    {
        int free = terms.Slots - CountUnchoked(decisions);
        for (int i = 0; i < candidates.Length && free > 0; i++)
        {
            ref readonly ChokeCandidate peer = ref candidates[i];
            bool stays = peer is { IsUnchoked: true, IsInterested: true, IsSnubbing: false, Reason: ChokeReason.FreeSlot }
                && peer.StayAt(terms.Now) < OptimisticTerm;
            if (!stays || decisions[i].IsUnchoked)
                continue;
            decisions[i] = decisions[i] with { IsUnchoked = true, Reason = ChokeReason.FreeSlot };
            free--;
        }
    }
}
