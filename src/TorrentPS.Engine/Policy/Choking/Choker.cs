namespace TorrentPS.Engine.Policy.Choking;

/// <summary>
/// Decides which peers this client unchokes. There is one subclass for each <see cref="ChokerKind"/>, and one for
/// seeding.
/// </summary>
internal abstract class Choker
{
    /// <summary>
    /// Time between two rounds. In each round all slots are assigned again (BEP 3). A TCP connection needs some seconds
    /// to reach its full rate, so shorter rounds would measure rates that are too low.
    /// </summary>
    public static readonly TimeSpan RoundInterval = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Minimum time for which a peer stays unchoked. It prevents fibrillation: choking and unchoking in quick
    /// succession (BEP 3).
    /// </summary>
    public static readonly TimeSpan MinUnchokeTime = TimeSpan.FromSeconds(10);

    public static Choker ForLeeching(ChokerKind kind, Random random) => kind switch
    {
        ChokerKind.Naive => new NaiveChoker(),
        ChokerKind.Strategic => new StrategicChoker(random),
        _ => new TitForTatChoker(random),
    };

    public static Choker ForSeeding(ChokerKind kind) =>
        kind == ChokerKind.Naive ? new NaiveChoker() : new RoundRobinChoker();

    protected static int CountUnchoked(ReadOnlySpan<ChokeDecision> decisions)
    {
        int count = 0;
        foreach (ref readonly ChokeDecision decision in decisions)
            count += decision.IsUnchoked ? 1 : 0;
        return count;
    }

    protected static int CountOptimistic(ReadOnlySpan<ChokeDecision> decisions)
    {
        int count = 0;
        foreach (ref readonly ChokeDecision decision in decisions)
            count += decision.Reason == ChokeReason.Optimistic ? 1 : 0;
        return count;
    }

    /// <summary>Decides for each candidate whether to choke or unchoke it.</summary>
    /// <remarks>
    /// Must be called at least every <see cref="RoundInterval"/>, and whenever a peer connects, disconnects or changes
    /// its interest. Between rounds a choker assigns only slots that no peer has, and chokes only peers that aren't
    /// interested.
    /// </remarks>
    /// <param name="candidates">All connected peers, in the order in which they connected.</param>
    /// <param name="inputs">The number of slots, the time and the rates of the torrent.</param>
    /// <param name="decisions">Receives one decision for each candidate, in the same order.</param>
    public abstract void Decide(
        ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs inputs, Span<ChokeDecision> decisions);
}

/// <summary>Inputs of a choker that concern the whole torrent.</summary>
/// <param name="Slots">The number of upload slots, including <see cref="IdleSlots"/>.</param>
/// <param name="IsRound">
/// Whether all slots are assigned again. If not, only slots that no peer has are assigned.
/// </param>
/// <param name="Now">The current time, counted from the same moment as the candidates' times.</param>
internal readonly record struct ChokeInputs(int Slots, bool IsRound, TimeSpan Now)
{
    /// <summary>Number of slots that were added for unchoked peers that request nothing.</summary>
    public int IdleSlots { get; init; }

    /// <summary>Whether the user set the number of slots.</summary>
    public bool AreSlotsFixed { get; init; }

    /// <summary>Average upload rate of the last complete round, in bytes/s.</summary>
    public long UploadRate { get; init; }

    /// <summary>Whether requested blocks waited to be sent during most of the last complete round.</summary>
    public bool IsUplinkBusy { get; init; }

    /// <summary>Average download rate of the last complete round, in bytes/s.</summary>
    public long DownloadRate { get; init; }

    /// <summary>The torrent's upload limit in bytes/s; null for none.</summary>
    public long? UploadLimit { get; init; }
}

/// <summary>
/// Unchokes every interested peer, regardless of the number of slots. It is the baseline that other chokers are
/// compared with.
/// </summary>
internal sealed class NaiveChoker : Choker
{
    /// <inheritdoc/>
    public override void Decide(
        ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs inputs, Span<ChokeDecision> decisions)
    {
        for (int i = 0; i < candidates.Length; i++)
        {
            decisions[i] = candidates[i].IsInterested
                ? new ChokeDecision(true, ChokeReason.FreeSlot)
                : new ChokeDecision(false, ChokeReason.NotInterested);
        }
    }
}
