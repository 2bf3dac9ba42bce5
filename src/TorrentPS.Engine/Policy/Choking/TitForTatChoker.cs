namespace TorrentPS.Engine.Policy.Choking;

/// <summary>
/// Unchokes the peers that upload most to this client, and some randomly drawn peers (tit for tat, BEP 3).
/// </summary>
/// <remarks>
/// All slots are assigned again in each round. One slot in five is optimistic: a randomly drawn peer has it for
/// <see cref="OptimisticInterval"/>. Slots that become free between rounds are assigned at once. Deviations from BEP 3:
/// the number of slots and of optimistic slots varies, and the rate from a peer that has a slot counts 10 % more. If
/// too few peers have sent data to fill the regular slots, the remaining slots go to randomly drawn peers.
/// </remarks>
internal sealed class TitForTatChoker(Random random) : Choker
{
    /// <summary>
    /// Time for which a peer keeps an optimistic slot: three rounds, as in BEP 3. The peer needs this time to
    /// reciprocate.
    /// </summary>
    public static readonly TimeSpan OptimisticInterval = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Number of upload slots for each optimistic slot: one slot in five is optimistic, as in libtorrent by default.
    /// </summary>
    private const int SlotsPerOptimistic = 5;

    /// <summary>
    /// Factor by which the download rate from an unchoked peer is multiplied for the ranking. Without it, peers with
    /// similar rates would often take each other's slot, and each change costs both peers a slow start.
    /// </summary>
    private const double UnchokedBonus = 1.1;

    private readonly ChokeRanking _ranking = new();
    private readonly OptimisticUnchoke _optimistic = new(random);

    /// <summary>
    /// Returns how many of the slots are optimistic: none if there is only one slot, otherwise at least one.
    /// </summary>
    public static int OptimisticSlots(int slots) => slots < 2 ? 0 : Math.Max(1, slots / SlotsPerOptimistic);

    /// <inheritdoc/>
    public override void Decide(
        ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs inputs, Span<ChokeDecision> decisions)
    {
        for (int i = 0; i < candidates.Length; i++)
            decisions[i] = KeepUnchoked(candidates[i], inputs);

        int optimistic = OptimisticSlots(inputs.Slots);
        int regular = inputs.Slots - optimistic - (CountUnchoked(decisions) - CountOptimistic(decisions));
        UnchokeReciprocating(candidates, regular, decisions);
        optimistic = Math.Min(optimistic - CountOptimistic(decisions), inputs.Slots - CountUnchoked(decisions));
        _optimistic.Draw(candidates, optimistic, ChokeReason.Optimistic, inputs.Now, decisions);
        KeepFreeSlots(candidates, inputs, decisions);
        int free = inputs.Slots - CountUnchoked(decisions);
        _optimistic.Draw(candidates, free, ChokeReason.FreeSlot, inputs.Now, decisions);
    }

    /// <summary>
    /// Decides whether a peer keeps its upload slot. A peer that isn't interested never keeps the slot. Between rounds,
    /// an interested peer keeps it. At the beginning of a round, an interested peer keeps the slot only if the minimum
    /// time hasn't passed: <see cref="OptimisticInterval"/> for an optimistic slot, and
    /// <see cref="Choker.MinUnchokeTime"/> for other slots.
    /// </summary>
    private static ChokeDecision KeepUnchoked(in ChokeCandidate peer, in ChokeInputs inputs)
    {
        TimeSpan minTime = peer.Reason == ChokeReason.Optimistic ? OptimisticInterval : MinUnchokeTime;
        if (peer.IsUnchoked && peer.IsInterested && (!inputs.IsRound || peer.UnchokedFor(inputs.Now) < minTime))
            return new ChokeDecision(true, peer.Reason);
        ChokeReason reason = !peer.IsInterested ? ChokeReason.NotInterested
            : peer.IsSnubbed ? ChokeReason.Snubbing
            : ChokeReason.NoSlot;
        return new ChokeDecision(false, reason);
    }

    private void UnchokeReciprocating(ReadOnlySpan<ChokeCandidate> candidates, int slots, Span<ChokeDecision> decisions)
    {
        _ranking.Clear();
        for (int i = 0; i < candidates.Length; i++)
        {
            ref readonly ChokeCandidate peer = ref candidates[i];
            if (peer.IsInterested && !peer.IsSnubbed && peer.DownloadRate > 0)
                _ranking.Add(i, peer.IsUnchoked ? peer.DownloadRate * UnchokedBonus : peer.DownloadRate);
        }

        _ranking.Sort();
        _ranking.UnchokeFirst(slots, ChokeReason.Reciprocating, decisions);
    }

    /// <summary>
    /// Keeps peers with the reason <see cref="ChokeReason.FreeSlot"/> unchoked for <see cref="OptimisticInterval"/>,
    /// while slots are left. Choking such a peer would discard its requests, although no other peer needs the slot.
    /// </summary>
    private static void KeepFreeSlots(
        ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs inputs, Span<ChokeDecision> decisions)
    {
        int free = inputs.Slots - CountUnchoked(decisions);
        for (int i = 0; i < candidates.Length && free > 0; i++)
        {
            ref readonly ChokeCandidate peer = ref candidates[i];
            bool stays = peer is { IsUnchoked: true, IsInterested: true, IsSnubbed: false }
                && peer.Reason == ChokeReason.FreeSlot
                && peer.UnchokedFor(inputs.Now) < OptimisticInterval;
            if (!stays || decisions[i].IsUnchoked)
                continue;
            decisions[i] = decisions[i] with { IsUnchoked = true, Reason = ChokeReason.FreeSlot };
            free--;
        }
    }
}
