namespace TorrentPS.Engine.Policy.Choking;

/// <summary>Estimates the cost and the expected rate of one peer.</summary>
/// <remarks>
/// <para>
/// The cost is the upload rate that makes the peer reciprocate. The expected rate is the download rate that the peer
/// gives in return. BitTyrant (Piatek et al., NSDI 2007) calls these rates u and d. A peer reciprocates if it unchokes
/// this client and sends blocks.
/// </para>
/// <para>
/// The initial cost is low, because many peers reciprocate for a low upload rate. When the peer first reciprocates, the
/// cost is set to a quarter of the expected rate. After that, the cost falls slowly while the peer reciprocates, and
/// rises while the peer does not.
/// </para>
/// <para>
/// Deviations from the paper: the cost rises in larger steps and falls in smaller ones. If a lower cost made the peer
/// stop reciprocating, the cost isn't lowered again for some rounds. If no offered rate makes the peer reciprocate, the
/// peer gets no upload slot for some time.
/// </para>
/// </remarks>
internal sealed class ReciprocationEstimate
{
    /// <summary>
    /// Number of consecutive rounds in which the peer must reciprocate before the cost is lowered. In simulations with
    /// a lower number, most peers soon stopped reciprocating.
    /// </summary>
    private const int RoundsBeforeLowering = 6;

    /// <summary>
    /// Number of rounds after which a peer that has never reciprocated is excluded from the ranking for upload slots. A
    /// round counts only if the upload rate was at least <see cref="DeliveredShare"/> of <see cref="OfferedRate"/>.
    /// </summary>
    private const int MaxUnansweredRounds = 4;

    /// <summary>
    /// Number of rounds for which the cost isn't lowered again after a lower cost made the peer stop reciprocating.
    /// Only rounds with reciprocation count. The number doubles each time, up to <see cref="MaxHoldRounds"/>.
    /// </summary>
    private const int InitialHoldRounds = 6;

    /// <summary>
    /// Maximum number of rounds for which the cost isn't lowered again after a lower cost made the peer stop
    /// reciprocating. 48 rounds take eight minutes.
    /// </summary>
    private const int MaxHoldRounds = 48;

    /// <summary>
    /// Cost of a peer that has begun to reciprocate, as a share of <see cref="ExpectedRate"/>. The cost is set to this
    /// share again when the peer stops reciprocating and is excluded from the ranking for upload slots. The share is
    /// low, so that there is room to raise the cost.
    /// </summary>
    private const double InitialCostShare = 0.25;

    /// <summary>
    /// Number of rounds with reciprocation, counted from the first one, in which the cost is set to
    /// <see cref="InitialCostShare"/> of the expected rate. The download rate usually still rises in these rounds.
    /// </summary>
    private const int SettlingRounds = 2;

    /// <summary>
    /// Factor applied to the cost after a round in which the peer didn't reciprocate although the upload rate was at
    /// least <see cref="DeliveredShare"/> of <see cref="OfferedRate"/>. With a smaller factor, it takes too long to
    /// find the cost of a fast peer.
    /// </summary>
    private const double RaiseFactor = 1.5;

    /// <summary>
    /// Factor applied to the cost when it is lowered after a round in which the peer reciprocated. The step is small,
    /// so that few peers stop reciprocating.
    /// </summary>
    private const double LowerFactor = 0.95;

    /// <summary>Minimum cost in bytes/s. At a lower rate, a block (16 KiB) takes more than half a minute.</summary>
    private const double MinCost = 512;

    /// <summary>
    /// Minimum upload rate to the peer, as a share of <see cref="OfferedRate"/>, at which the peer is expected to
    /// reciprocate. Below this rate, a round without reciprocation has no consequences for the peer.
    /// </summary>
    private const double DeliveredShare = 0.6;

    /// <summary>
    /// Weight of a falling rate in the moving average <see cref="ExpectedRate"/>. A rising rate replaces the average at
    /// once.
    /// </summary>
    private const double FallingRateWeight = 0.3;

    /// <summary>
    /// Time for which a peer is excluded from the ranking for upload slots if it stopped reciprocating and its cost
    /// can't be raised further. Meanwhile, other peers can use the upload capacity.
    /// </summary>
    private static readonly TimeSpan s_stoppedExclusion = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Time for which a peer that has never reciprocated is first excluded from the ranking for upload slots: three
    /// rounds. The time doubles with each further exclusion, up to <see cref="s_maxExclusion"/>, so that such a peer
    /// uses less and less of the upload capacity.
    /// </summary>
    private static readonly TimeSpan s_initialExclusion = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_maxExclusion = TimeSpan.FromMinutes(32);

    private TimeSpan _exclusion = s_initialExclusion;
    private int _unansweredRounds;
    private int _settlingRounds = SettlingRounds;
    private int _hold;
    private int _nextHold = InitialHoldRounds;
    private bool _isLowered;

    /// <summary>Creates the estimate for a peer before its first round.</summary>
    /// <param name="connectedAt">
    /// When the peer connected. It distinguishes the peer from an earlier peer with the same index.
    /// </param>
    /// <param name="initialCost">The initial <see cref="UploadCost"/> in bytes/s.</param>
    public ReciprocationEstimate(TimeSpan connectedAt, double initialCost)
    {
        ConnectedAt = connectedAt;
        UploadCost = Math.Max(initialCost, MinCost);
    }

    public TimeSpan ConnectedAt { get; }

    /// <summary>Upload rate that is expected to make the peer reciprocate, in bytes/s.</summary>
    public double UploadCost { get; private set; }

    /// <summary>
    /// Upload limit that the peer got when it was last unchoked, in bytes/s. It is the cost, or less if the upload
    /// budget was nearly used up.
    /// </summary>
    public double OfferedRate { get; set; }

    /// <summary>
    /// Download rate that is expected while the peer reciprocates, in bytes/s; null if the peer has never reciprocated.
    /// </summary>
    public double? ExpectedRate { get; private set; }

    /// <summary>
    /// Number of consecutive rounds in which the peer reciprocated, counted back from the last round.
    /// </summary>
    public int RoundsReciprocated { get; private set; }

    /// <summary>Time until which the peer isn't ranked for an upload slot.</summary>
    public TimeSpan ExcludedUntil { get; private set; }

    public bool HasReciprocated => ExpectedRate is not null;

    /// <summary>Whether the peer has reciprocated before, but not in the last round.</summary>
    public bool HasStopped => HasReciprocated && RoundsReciprocated == 0;

    /// <summary>Updates the estimate after a round.</summary>
    /// <param name="peer">The state of the peer at the end of the round.</param>
    /// <param name="maxCost">Exclusive upper limit for a raised cost, in bytes/s.</param>
    /// <param name="now">The current time.</param>
    public void OnRound(in ChokeCandidate peer, double maxCost, TimeSpan now)
    {
        bool wasUnchoked = peer.IsUnchoked && peer.UnchokedFor(now) >= Choker.MinUnchokeTime;
        if (!peer.IsChokingUs && peer.DownloadRate > 0 && !peer.IsSnubbed)
            OnReciprocated(peer.DownloadRate, wasUnchoked);
        else
            OnNotReciprocated(wasUnchoked && peer.UploadRate >= OfferedRate * DeliveredShare, maxCost, now);
        UploadCost = Math.Max(Math.Min(UploadCost, ExpectedRate ?? UploadCost), MinCost);
    }

    private void OnReciprocated(long rate, bool wasUnchoked)
    {
        double expected = ExpectedRate is { } before
            ? Math.Max(rate, before + (FallingRateWeight * (rate - before)))
            : rate;
        ExpectedRate = expected;
        if (_settlingRounds > 0)
        {
            _settlingRounds--;
            UploadCost = expected * InitialCostShare;
        }

        RoundsReciprocated++;
        ExcludedUntil = TimeSpan.Zero;
        _unansweredRounds = 0;
        _hold = Math.Max(_hold - 1, 0);
        if (!wasUnchoked || RoundsReciprocated < RoundsBeforeLowering || _hold > 0)
            return;
        UploadCost *= LowerFactor;
        _isLowered = true;
    }

    private void OnNotReciprocated(bool wasDelivered, double maxCost, TimeSpan now)
    {
        if (RoundsReciprocated > 0 && _isLowered)
        {
            // The lower cost made the peer stop. The earlier cost is restored and kept for some rounds.
            UploadCost /= LowerFactor;
            _hold = _nextHold;
            _nextHold = Math.Min(_nextHold * 2, MaxHoldRounds);
        }

        RoundsReciprocated = 0;
        _isLowered = false;
        if (!wasDelivered)
            return;
        if (ExpectedRate is { } expected)
            RaiseOrExclude(expected, maxCost, now);
        else if (++_unansweredRounds >= MaxUnansweredRounds)
            Exclude(now);
    }

    /// <summary>
    /// Raises the cost if the raised cost is below <paramref name="maxCost"/> and at most the expected rate. Otherwise
    /// sets the cost to <see cref="InitialCostShare"/> of the expected rate, and excludes the peer from the ranking for
    /// <see cref="s_stoppedExclusion"/>.
    /// </summary>
    private void RaiseOrExclude(double expected, double maxCost, TimeSpan now)
    {
        double raised = UploadCost * RaiseFactor;
        if (raised <= expected && raised < maxCost)
        {
            UploadCost = raised;
            return;
        }

        UploadCost = expected * InitialCostShare;
        ExcludedUntil = now + s_stoppedExclusion;
    }

    private void Exclude(TimeSpan now)
    {
        _unansweredRounds = 0;
        ExcludedUntil = now + _exclusion;
        _exclusion = _exclusion * 2 < s_maxExclusion ? _exclusion * 2 : s_maxExclusion;
    }
}
