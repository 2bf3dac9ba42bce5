namespace TorrentPS.Engine.Policy.Choking;

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
    public abstract void Decide(ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs terms, Span<ChokeDecision> decisions);
}

/// <summary>On what terms slots are given.</summary>
/// <param name="Slots">How many peers may be unchoked (<see cref="UploadSlots"/> and <see cref="Idle"/>, or the user's number).</param>
/// <param name="IsRound">Whether slots are given anew; between rounds only those that are free are given.</param>
/// <param name="Now">The time.</param>
internal readonly record struct ChokeInputs(int Slots, bool IsRound, TimeSpan Now)
{
    /// <summary>How many of the slots stand for peers that are unchoked and ask for nothing.</summary>
    public int Idle { get; init; }

    /// <summary>Whether the user named the number of slots.</summary>
    public bool AreSlotsFixed { get; init; }

    /// <summary>What was uploaded since the round before, in bytes/s.</summary>
    public long UploadRate { get; init; }

    /// <summary>Whether blocks waited to be uploaded for most of the time since the round before.</summary>
    public bool IsUplinkBusy { get; init; }

    /// <summary>What was downloaded since the round before, in bytes/s.</summary>
    public long DownloadRate { get; init; }

    /// <summary>The limit of what may be uploaded, in bytes/s; null for none.</summary>
    public long? UploadLimit { get; init; }
}

/// <summary>Unchokes everybody who wants something: what a client without a policy does, to compare with.</summary>
internal sealed class NaiveChoker : Choker
{
    /// <inheritdoc/>
    public override void Decide(ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs terms, Span<ChokeDecision> decisions)
    {
        for (int i = 0; i < candidates.Length; i++)
        {
            decisions[i] = candidates[i].IsInterested
                ? new ChokeDecision(true, ChokeReason.FreeSlot)
                : new ChokeDecision(false, ChokeReason.NotInterested);
        }
    }
}
