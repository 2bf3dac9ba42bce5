namespace TorrentPS.Engine.Policy;

/// <summary>Decides which peers may request of us. One kind of it per <see cref="ChokerKind"/>.</summary>
internal abstract class Choker
{
    /// <summary>How often slots are given anew: TCP needs some seconds to show what a peer can take.</summary>
    public static readonly TimeSpan Round = TimeSpan.FromSeconds(10);

    /// <summary>A peer just unchoked stays so: changing to and fro (fibrillation) serves nobody.</summary>
    public static readonly TimeSpan LeastStay = TimeSpan.FromSeconds(10);

    /// <summary>The choker of a kind for the time while we want something, without memory.</summary>
    public static Choker WhileLeeching(ChokerKind kind, Random random) => kind switch
    {
        ChokerKind.Naive => new NaiveChoker(),
        ChokerKind.Strategic => new StrategicChoker(random),
        _ => new TitForTatChoker(random),
    };

    /// <summary>The choker of a kind for the time while we want nothing, without memory.</summary>
    public static Choker WhileSeeding(ChokerKind kind) => kind == ChokerKind.Naive ? new NaiveChoker() : new RoundRobinChoker();

    /// <summary>How many are unchoked.</summary>
    protected static int CountUnchoked(ReadOnlySpan<ChokeDecision> decisions)
    {
        int count = 0;
        foreach (ref readonly ChokeDecision decision in decisions)
            count += decision.IsUnchoked ? 1 : 0;
        return count;
    }

    /// <summary>How many are unchoked on trial.</summary>
    protected static int CountOptimistic(ReadOnlySpan<ChokeDecision> decisions)
    {
        int count = 0;
        foreach (ref readonly ChokeDecision decision in decisions)
            count += decision.Reason == ChokeReason.Optimistic ? 1 : 0;
        return count;
    }

    /// <summary>
    /// Decides about every peer. To be called at least every <see cref="Round"/>, and whenever a peer joined, left or changed its
    /// interest: between rounds nobody loses a slot but who does not want it.
    /// </summary>
    /// <param name="candidates">All connected peers.</param>
    /// <param name="terms">What there is to give, and when.</param>
    /// <param name="decisions">Receives one decision for each candidate, in the same order.</param>
    public abstract void Decide(ReadOnlySpan<ChokeCandidate> candidates, in ChokeTerms terms, Span<ChokeDecision> decisions);
}
