namespace TorrentPS.Engine.Policy.Choking;

/// <summary>Candidates in the order in which they are to be served; kept from call to call so that ranking allocates nothing.</summary>
internal sealed class ChokeRanking
{
    private readonly List<(int Candidate, double Worth)> _order = [];

    /// <summary>How many are ranked.</summary>
    public int Count => _order.Count;

    /// <summary>The candidate at a place.</summary>
    public int this[int place] => _order[place].Candidate;

    /// <summary>Forgets all.</summary>
    public void Clear() => _order.Clear();

    /// <summary>Adds a candidate; the worthiest come first, of equals who connected first.</summary>
    public void Add(int candidate, double worth) => _order.Add((candidate, worth));

    /// <summary>Puts them in order.</summary>
    public void Sort() => _order.Sort(static (a, b) =>
        a.Worth != b.Worth ? b.Worth.CompareTo(a.Worth) : a.Candidate.CompareTo(b.Candidate));

    /// <summary>Unchokes the first of them that have no slot for good, and writes each one's place down.</summary>
    public void Grant(int slots, ChokeReason reason, Span<ChokeDecision> decisions)
    {
        for (int place = 0; place < _order.Count; place++)
        {
            ref ChokeDecision decision = ref decisions[_order[place].Candidate];

            // Who has earned a slot leaves the optimistic one to somebody else.
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
