namespace TorrentPS.Engine.Policy;

/// <summary>Unchokes everybody who wants something: what a client without a policy does, to compare with.</summary>
internal sealed class NaiveChoker : Choker
{
    /// <inheritdoc/>
    public override void Decide(ReadOnlySpan<ChokeCandidate> candidates, in ChokeTerms terms, Span<ChokeDecision> decisions)
    {
        for (int i = 0; i < candidates.Length; i++)
        {
            decisions[i] = candidates[i].IsInterested
                ? new ChokeDecision(true, ChokeReason.FreeSlot)
                : new ChokeDecision(false, ChokeReason.NotInterested);
        }
    }
}
