namespace TorrentPS.Engine.Policy;

/// <summary>Gives slots to those who give to us, and while we seed to each in turn.</summary>
/// <remarks>
/// Every <see cref="Choker.Round"/> the slots are given anew: while we download to those who give us most (tit for tat, BEP 3), while we
/// seed to each in turn; one slot in five goes to somebody at random for <see cref="OptimisticTerm"/>, so that better partners are
/// found and newcomers get something to trade. In between, a slot that became free is filled at once.
/// </remarks>
internal sealed class TitForTatChoker(Random random) : Choker
{
    /// <summary>How long an optimistic slot stays with one peer: three rounds, time enough for it to give something back.</summary>
    public static readonly TimeSpan OptimisticTerm = TimeSpan.FromSeconds(30);

    /// <summary>For how long after it connected a peer counts as new.</summary>
    public static readonly TimeSpan NewFor = TimeSpan.FromSeconds(60);

    /// <summary>How long a peer keeps its turn while we seed, whatever it took.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromSeconds(60);

    /// <summary>How many times likelier a new peer gets the optimistic slot.</summary>
    private const int NewPeerWeight = 3;

    /// <summary>One slot in so many is optimistic.</summary>
    private const int SlotsPerOptimistic = 5;

    private readonly List<int> _ranked = [];
    private TimeSpan? _lastRound;

    /// <summary>After so many bytes a peer's turn is over while we seed and others wait.</summary>
    public long Quota { get; set; } = 16L << 20;

    /// <summary>How many of the slots are optimistic.</summary>
    public static int OptimisticSlots(int slots) => slots < 2 ? 0 : Math.Max(1, slots / SlotsPerOptimistic);

    /// <inheritdoc/>
    public override void Decide(ReadOnlySpan<ChokeCandidate> candidates, in ChokeTerms terms, Span<ChokeDecision> decisions)
    {
        (int slots, bool isSeeding, TimeSpan now) = terms;
        bool isRound = _lastRound is not { } last || now - last >= Round;
        for (int i = 0; i < candidates.Length; i++)
            decisions[i] = new ChokeDecision(false, ChokedReason(candidates[i], isSeeding));

        Keep(candidates, isRound, now, decisions);
        if (isRound)
        {
            _lastRound = now;
            int optimistic = OptimisticSlots(slots);
            int regular = slots - optimistic - (CountUnchoked(decisions) - CountOptimistic(decisions));
            if (isSeeding)
                TakeTurns(candidates, regular, now, decisions);
            else
                Reciprocate(candidates, regular, decisions);
            optimistic = Math.Min(optimistic - CountOptimistic(decisions), slots - CountUnchoked(decisions));
            Draw(candidates, optimistic, ChokeReason.Optimistic, now, decisions);
        }

        Draw(candidates, slots - CountUnchoked(decisions), ChokeReason.FreeSlot, now, decisions);
    }

    private static ChokeReason ChokedReason(in ChokeCandidate peer, bool isSeeding) =>
        !peer.IsInterested ? ChokeReason.NotInterested
        : peer.IsSnubbing && !isSeeding ? ChokeReason.Snubbing
        : ChokeReason.NoSlot;

    private static int CountUnchoked(ReadOnlySpan<ChokeDecision> decisions)
    {
        int count = 0;
        foreach (ChokeDecision decision in decisions)
            count += decision.IsUnchoked ? 1 : 0;
        return count;
    }

    private static int CountOptimistic(ReadOnlySpan<ChokeDecision> decisions)
    {
        int count = 0;
        foreach (ChokeDecision decision in decisions)
            count += decision.Reason == ChokeReason.Optimistic ? 1 : 0;
        return count;
    }

    /// <summary>Whoever is unchoked stays so between rounds; in a round, who was unchoked just now, or tried for less than a term.</summary>
    private static void Keep(ReadOnlySpan<ChokeCandidate> candidates, bool isRound, TimeSpan now, Span<ChokeDecision> decisions)
    {
        for (int i = 0; i < candidates.Length; i++)
        {
            ref readonly ChokeCandidate peer = ref candidates[i];
            TimeSpan least = peer.Reason == ChokeReason.Optimistic ? OptimisticTerm : LeastStay;
            if (peer.IsUnchoked && peer.IsInterested && (!isRound || StayOf(peer, now) < least))
                decisions[i] = new ChokeDecision(true, peer.Reason);
        }
    }

    private static TimeSpan StayOf(in ChokeCandidate peer, TimeSpan now) => now - (peer.UnchokedAt ?? now);

    /// <summary>Unchokes those who give most. An optimistic peer among them has earned a slot, and leaves the optimistic one.</summary>
    private void Reciprocate(ReadOnlySpan<ChokeCandidate> candidates, int slots, Span<ChokeDecision> decisions)
    {
        _ranked.Clear();
        for (int i = 0; i < candidates.Length; i++)
        {
            bool isPlaced = decisions[i].IsUnchoked && decisions[i].Reason != ChokeReason.Optimistic;
            if (!isPlaced && candidates[i].IsInterested && !candidates[i].IsSnubbing && candidates[i].GivesRate > 0)
                _ranked.Add(i);
        }

        Rank(candidates, static (in a, in b) =>
            a.GivesRate != b.GivesRate ? b.GivesRate.CompareTo(a.GivesRate) : b.IsUnchoked.CompareTo(a.IsUnchoked));
        UnchokeFirst(slots, ChokeReason.Reciprocating, decisions);
    }

    /// <summary>
    /// While we seed: first those whose turn is not over, the quickest first since they spread most; then those who wait, the longest
    /// first; then, when nobody waits, those whose turn is over.
    /// </summary>
    private void TakeTurns(ReadOnlySpan<ChokeCandidate> candidates, int slots, TimeSpan now, Span<ChokeDecision> decisions)
    {
        _ranked.Clear();
        for (int i = 0; i < candidates.Length; i++)
        {
            if (candidates[i].IsInterested && !decisions[i].IsUnchoked)
                _ranked.Add(i);
        }

        long quota = Quota;
        Rank(candidates, (in a, in b) =>
        {
            int group = TurnGroup(a, quota, now).CompareTo(TurnGroup(b, quota, now));
            if (group != 0)
                return group;
            return a.IsUnchoked
                ? b.TakesRate.CompareTo(a.TakesRate)
                : (a.UnchokedAt ?? TimeSpan.MinValue).CompareTo(b.UnchokedAt ?? TimeSpan.MinValue);
        });
        UnchokeFirst(slots, ChokeReason.RoundRobin, decisions);
    }

    private void UnchokeFirst(int slots, ChokeReason reason, Span<ChokeDecision> decisions)
    {
        for (int i = 0; i < _ranked.Count && i < slots; i++)
            decisions[_ranked[i]] = new ChokeDecision(true, reason);
        for (int i = 0; i < _ranked.Count; i++)
            decisions[_ranked[i]] = decisions[_ranked[i]] with { Rank = i + 1 };
    }

    private static int TurnGroup(in ChokeCandidate peer, long quota, TimeSpan now)
    {
        if (!peer.IsUnchoked)
            return 1;
        bool isOver = peer.TakenSinceUnchoke >= quota || StayOf(peer, now) >= Turn;
        return isOver ? 2 : 0;
    }

    /// <summary>Unchokes some at random of those who want it and have no slot; new peers are favoured.</summary>
    private void Draw(ReadOnlySpan<ChokeCandidate> candidates, int count, ChokeReason reason, TimeSpan now, Span<ChokeDecision> decisions)
    {
        for (int drawn = 0; drawn < count; drawn++)
        {
            int winner = DrawOne(candidates, reason, now, decisions);
            if (winner < 0)
                return;
            decisions[winner] = new ChokeDecision(true, reason);
        }
    }

    private int DrawOne(ReadOnlySpan<ChokeCandidate> candidates, ChokeReason reason, TimeSpan now, ReadOnlySpan<ChokeDecision> decisions)
    {
        int winner = -1;
        int best = int.MaxValue;
        int total = 0;
        for (int i = 0; i < candidates.Length; i++)
        {
            ref readonly ChokeCandidate peer = ref candidates[i];
            // A peer that snubs us gets no slot but by chance.
            bool may = reason == ChokeReason.Optimistic || decisions[i].Reason != ChokeReason.Snubbing;
            int preference = DrawPreference(peer, reason, now);
            if (!peer.IsInterested || decisions[i].IsUnchoked || !may || preference > best)
                continue;
            if (preference < best)
                (best, total) = (preference, 0);
            int weight = now - peer.ConnectedAt < NewFor ? NewPeerWeight : 1;
            total += weight;
            if (random.Next(total) < weight)
                winner = i;
        }

        return winner;
    }

    /// <summary>
    /// Whoever had a slot for a term makes room for those who wait; a slot that nobody earned stays with one peer for as long, since to
    /// choke a peer wastes what it was about to ask for.
    /// </summary>
    private static int DrawPreference(in ChokeCandidate peer, ChokeReason reason, TimeSpan now)
    {
        if (!peer.IsUnchoked)
            return 1;
        if (StayOf(peer, now) >= OptimisticTerm)
            return 2;
        return reason == ChokeReason.FreeSlot ? 0 : 1;
    }

    private void Rank(ReadOnlySpan<ChokeCandidate> candidates, CandidateComparison comparison)
    {
        // Some hundred peers at most, once in ten seconds, and nearly in order from the round before: insertion keeps ties stable.
        for (int i = 1; i < _ranked.Count; i++)
        {
            int peer = _ranked[i];
            int at = i;
            for (; at > 0 && comparison(candidates[_ranked[at - 1]], candidates[peer]) > 0; at--)
                _ranked[at] = _ranked[at - 1];
            _ranked[at] = peer;
        }
    }

    private delegate int CandidateComparison(in ChokeCandidate left, in ChokeCandidate right);
}
