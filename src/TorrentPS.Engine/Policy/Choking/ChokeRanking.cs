namespace TorrentPS.Engine.Policy.Choking;

/// <summary>
/// A list of candidates sorted by score. A choker reuses it for each decision, so that ranking allocates no memory.
/// </summary>
internal sealed class ChokeRanking
{
    private readonly List<(int Candidate, double Score)> _order = [];

    public int Count => _order.Count;

    /// <summary>
    /// Gets the candidate at a place of the ranking, as its index in the list of candidates. The best place is 0.
    /// </summary>
    public int this[int place] => _order[place].Candidate;

    public void Clear() => _order.Clear();

    public void Add(int candidate, double score) => _order.Add((candidate, score));

    /// <summary>
    /// Sorts the candidates by descending score. On a tie, the candidate that connected first comes first.
    /// </summary>
    public void Sort() => _order.Sort(static (a, b) =>
        a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Candidate.CompareTo(b.Candidate));

    /// <summary>
    /// Unchokes candidates in the order of the ranking until the slots are used up. Stores the rank of every candidate
    /// in the ranking.
    /// </summary>
    /// <remarks>
    /// A candidate that is already unchoked takes no slot. The only exception is an optimistically unchoked candidate:
    /// it takes a slot and gets the new reason, so that its optimistic slot is free for another peer.
    /// </remarks>
    public void UnchokeFirst(int slots, ChokeReason reason, Span<ChokeDecision> decisions)
    {
        for (int place = 0; place < _order.Count; place++)
        {
            ref ChokeDecision decision = ref decisions[_order[place].Candidate];

            // An optimistically unchoked peer that earns a regular slot frees the optimistic slot for another peer.
            bool isPlaced = decision.IsUnchoked && decision.Reason != ChokeReason.Optimistic;
            if (!isPlaced && slots > 0)
            {
                decision = new ChokeDecision(true, reason);
                slots--;
            }

            decision = decision with { Rank = place + 1 };
        }
    }
}
