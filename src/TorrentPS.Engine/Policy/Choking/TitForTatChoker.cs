namespace TorrentPS.Engine.Policy.Choking;

/// <summary>
/// Unchokes the peers that upload most to this client, and some peers at random (tit for tat, BEP 3).
/// </summary>
/// <remarks>
/// All slots are assigned again in each round. One slot in five is optimistic: it goes to a randomly drawn peer for
/// <see cref="OptimisticInterval"/>. Slots that become free between rounds are filled at once. Deviations from BEP 3:
/// the number of slots and of optimistic slots varies, and the rate of a peer that has a slot counts 10 % more. If too
/// few peers have sent data to fill the regular slots, the remaining slots go to randomly drawn peers.
/// </remarks>
internal sealed class TitForTatChoker(Random random) : Choker
{
    /// <summary>
    /// Time for which a peer keeps an optimistic slot: three rounds, as in BEP 3. The peer needs time to reciprocate.
    /// </summary>
    public static readonly TimeSpan OptimisticInterval = TimeSpan.FromSeconds(30);

    /// <summary>Total number of slots per optimistic slot: one slot in five is optimistic.</summary>
    private const int SlotsPerOptimistic = 5;

    /// <summary>
    /// Factor by which the rate of an unchoked peer is multiplied for the ranking. Without it, peers of similar rates
    /// would swap slots often, and each swap costs both peers a slow start.
    /// </summary>
    private const double UnchokedBonus = 1.1;

    private readonly ChokeRanking _ranking = new();
    private readonly OptimisticUnchoke _optimistic = new(random);

    /// <summary>
    /// Returns how many of the slots are optimistic: zero if there is one slot, otherwise at least one.
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
        Reciprocate(candidates, regular, decisions);
        optimistic = Math.Min(optimistic - CountOptimistic(decisions), inputs.Slots - CountUnchoked(decisions));
        _optimistic.Draw(candidates, optimistic, ChokeReason.Optimistic, inputs.Now, decisions);
        KeepFreeSlots(candidates, inputs, decisions);
        int free = inputs.Slots - CountUnchoked(decisions);
        _optimistic.Draw(candidates, free, ChokeReason.FreeSlot, inputs.Now, decisions);
    }

    /// <summary>
    /// Keeps an interested peer unchoked between rounds. When a round begins, keeps the peer unchoked only until its
    /// minimum time is over: <see cref="OptimisticInterval"/> in an optimistic slot, else
    /// <see cref="Choker.MinUnchokeTime"/>.
    /// </summary>
    private static ChokeDecision KeepUnchoked(in ChokeCandidate peer, in ChokeInputs inputs)
    {
        TimeSpan least = peer.Reason == ChokeReason.Optimistic ? OptimisticInterval : MinUnchokeTime;
        if (peer.IsUnchoked && peer.IsInterested && (!inputs.IsRound || peer.UnchokedFor(inputs.Now) < least))
            return new ChokeDecision(true, peer.Reason);
        ChokeReason reason = !peer.IsInterested ? ChokeReason.NotInterested
            : peer.IsSnubbed ? ChokeReason.Snubbing
            : ChokeReason.NoSlot;
        return new ChokeDecision(false, reason);
    }

    private void Reciprocate(ReadOnlySpan<ChokeCandidate> candidates, int slots, Span<ChokeDecision> decisions)
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
    /// Keeps peers that are unchoked with the reason <see cref="ChokeReason.FreeSlot"/> unchoked for
    /// <see cref="OptimisticInterval"/>, while slots are left. Choking such a peer without need would discard its
    /// requests.
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
