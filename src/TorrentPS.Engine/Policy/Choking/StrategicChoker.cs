namespace TorrentPS.Engine.Policy.Choking;

/// <summary>
/// Uploads to each peer only as fast as needed to make the peer reciprocate (BitTyrant, Piatek et al., NSDI 2007).
/// </summary>
/// <remarks>
/// <para>
/// A <see cref="ReciprocationEstimate"/> keeps the cost and the expected rate of each peer. In each round, peers are
/// unchoked in the order of expected rate divided by cost, until the upload capacity is used up. Capacity that no peer
/// needs stays unused. Peers that have never reciprocated share <see cref="NewPeerShare"/> of the capacity, or all of
/// it while no peer has reciprocated. Peers that stopped reciprocating share <see cref="StoppedPeerShare"/>.
/// </para>
/// <para>
/// Deviations from the paper: the upload capacity isn't given but measured. Until it is known, the choker works as
/// <see cref="TitForTatChoker"/>. It also works that way while the download rate is low in comparison with the
/// capacity. The download rate is low when most peers of the swarm upload as little as possible, and then this strategy
/// gains nothing.
/// </para>
/// </remarks>
internal sealed class StrategicChoker(Random random) : Choker
{
    /// <summary>
    /// Share of the upload capacity for peers that have never reciprocated, once at least one peer has reciprocated.
    /// </summary>
    private const double NewPeerShare = 0.2;

    /// <summary>
    /// Maximum share of the upload capacity for the group of peers that stopped reciprocating. Without this limit, such
    /// peers could use most of the capacity.
    /// </summary>
    private const double StoppedPeerShare = 0.3;

    /// <summary>
    /// Initial cost of a peer, as a share of the upload capacity. This low upload rate is enough to make a peer
    /// reciprocate if the peer gets little from others. If the peer never reciprocates, little capacity is lost.
    /// </summary>
    private const double InitialCostShare = 1.0 / 150;

    /// <summary>
    /// Limit up to which the cost of a peer is raised, as a share of the upload capacity. Tit for tat with four upload
    /// slots gives each peer a quarter of the capacity. This choker is meant to give each peer less.
    /// </summary>
    private const double MaxCostShare = 0.18;

    /// <summary>
    /// Assumed download rate from a peer that has never reciprocated, as a share of its cost. It is used only for the
    /// ranking.
    /// </summary>
    private const double AssumedReturnShare = 0.5;

    /// <summary>
    /// Upload budget of a round, as a multiple of the measured upload capacity. It is a little more than the capacity,
    /// so that an increase of the capacity is noticed.
    /// </summary>
    private const double BudgetFactor = 1.1;

    /// <summary>
    /// Threshold for the growth of the upload rate from one round to the next, as a factor. With less growth, the
    /// upload capacity counts as reached.
    /// </summary>
    private const double MinGrowth = 1.1;

    /// <summary>
    /// Factor by which the upload capacity is assumed to exceed the upload rate after a round in which the peers used
    /// nearly all of the offered upload rate. In such a round, the uplink may be able to carry more.
    /// </summary>
    private const double CapacityGrowth = 1.5;

    /// <summary>
    /// Minimum share of the offered upload rate that counts as nearly all of it. Peers seldom use the whole rate,
    /// because they pause between requests.
    /// </summary>
    private const double FullySpentShare = 0.9;

    /// <summary>
    /// Factor applied to the measured upload capacity after a round in which the peers used less than
    /// <see cref="FullySpentShare"/> of the offered upload rate. The capacity doesn't fall below the upload rate.
    /// </summary>
    private const double CapacityDecay = 0.9;

    /// <summary>
    /// Minimum upload limit offered to a peer, as a share of its cost. A lower limit wouldn't make the peer
    /// reciprocate.
    /// </summary>
    private const double MinOfferShare = 0.5;

    /// <summary>
    /// Download rate below which the choker behaves like <see cref="TitForTatChoker"/>, as a share of the upload
    /// capacity.
    /// </summary>
    private const double MinDownloadShare = 0.4;

    /// <summary>
    /// Weight of the last round in the moving average of the download rate. The average covers about half a minute.
    /// </summary>
    private const double DownloadWeight = 0.3;

    private readonly ChokeRanking _ranking = new();
    private readonly TitForTatChoker _titForTat = new(random);
    private readonly List<ReciprocationEstimate?> _estimates = [];
    private double _capacity;
    private double _lastRate;
    private bool _isCapacityKnown;
    private double _offered;
    private double _downloadRate;
    private bool _isDownloadLow;

    /// <inheritdoc/>
    public override void Decide(
        ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs inputs, Span<ChokeDecision> decisions)
    {
        if (inputs.IsRound)
            Measure(inputs);
        if (!_isCapacityKnown || _isDownloadLow)
        {
            _titForTat.Decide(candidates, inputs, decisions);
            return;
        }

        Rank(candidates, inputs);
        for (int i = 0; i < candidates.Length; i++)
            decisions[i] = KeepUnchoked(candidates[i], inputs);
        AssignSlots(candidates, inputs, decisions);
    }

    /// <summary>
    /// Updates the measured upload capacity, and decides whether the download rate is too low for this strategy.
    /// </summary>
    /// <remarks>
    /// The capacity counts as known after a round in which requested blocks waited to be sent and the upload rate grew
    /// by less than 10 %. In earlier rounds, peers may request less than the uplink can carry. The capacity is lowered
    /// after a round in which the sum of the offered rates was at least the capacity, and the peers downloaded less
    /// than <see cref="FullySpentShare"/> of that sum. The capacity never exceeds the upload limit.
    /// </remarks>
    private void Measure(in ChokeInputs inputs)
    {
        _isCapacityKnown |= inputs.IsUplinkBusy && inputs.UploadRate > 0 && inputs.UploadRate < _lastRate * MinGrowth;
        _lastRate = inputs.UploadRate;
        if (_offered < _capacity)
            _capacity = Math.Max(inputs.UploadRate, _capacity);
        else if (_isCapacityKnown && inputs.UploadRate >= _offered * FullySpentShare)
            _capacity = inputs.UploadRate * CapacityGrowth;
        else
            _capacity = Math.Max(inputs.UploadRate, _capacity * CapacityDecay);
        if (inputs.UploadLimit is { } limit)
            _capacity = Math.Min(_capacity, limit);
        _downloadRate += (inputs.DownloadRate - _downloadRate) * DownloadWeight;
        _isDownloadLow = _downloadRate < _capacity * MinDownloadShare;
        if (_isDownloadLow)
            _offered = 0;
    }

    private ChokeDecision KeepUnchoked(in ChokeCandidate peer, in ChokeInputs inputs)
    {
        if (!peer.IsInterested)
            return new ChokeDecision(false, ChokeReason.NotInterested);
        bool stays = peer.IsUnchoked && (!inputs.IsRound || peer.UnchokedFor(inputs.Now) < MinUnchokeTime);
        if (!stays)
            return new ChokeDecision(false, peer.IsSnubbed ? ChokeReason.Snubbing : ChokeReason.NoSlot);
        return new ChokeDecision(true, peer.Reason, UploadLimit: (long)EstimateOf(peer).UploadCost);
    }

    private void Rank(ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs inputs)
    {
        _ranking.Clear();
        for (int i = 0; i < candidates.Length; i++)
        {
            ref readonly ChokeCandidate peer = ref candidates[i];
            ReciprocationEstimate estimate = EstimateOf(peer);
            if (inputs.IsRound)
                estimate.OnRound(peer, _capacity * MaxCostShare, inputs.Now);
            if (peer.IsInterested && peer.IsInteresting && inputs.Now >= estimate.ExcludedUntil)
            {
                double expected = estimate.ExpectedRate ?? (AssumedReturnShare * estimate.UploadCost);
                _ranking.Add(i, expected / estimate.UploadCost);
            }
        }

        _ranking.Sort();
    }

    private void AssignSlots(
        ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs inputs, Span<ChokeDecision> decisions)
    {
        int slots = (inputs.AreSlotsFixed ? inputs.Slots : UploadSlots.Maximum) - CountUnchoked(decisions);
        double budget = _capacity * BudgetFactor;
        double left = budget;
        double leftForNew = _capacity;
        double leftForStopped = _capacity * StoppedPeerShare;
        for (int i = 0; i < candidates.Length; i++)
        {
            ReciprocationEstimate estimate = EstimateOf(candidates[i]);
            if (decisions[i].IsUnchoked)
                left -= estimate.UploadCost;
            if (decisions[i].IsUnchoked && estimate.HasStopped)
                leftForStopped -= estimate.UploadCost;
            if (estimate.HasReciprocated)
                leftForNew = _capacity * NewPeerShare;
        }

        for (int place = 0; place < _ranking.Count; place++)
        {
            ref readonly ChokeCandidate peer = ref candidates[_ranking[place]];
            ref ChokeDecision decision = ref decisions[_ranking[place]];
            ReciprocationEstimate estimate = EstimateOf(peer);
            double share = !estimate.HasReciprocated ? leftForNew : estimate.HasStopped ? leftForStopped : left;
            double offer = Math.Min(estimate.UploadCost, Math.Min(left, share));
            if (!decision.IsUnchoked && slots > 0 && offer >= estimate.UploadCost * MinOfferShare)
            {
                ChokeReason reason = estimate.HasReciprocated ? ChokeReason.Reciprocating : ChokeReason.Optimistic;
                decision = new ChokeDecision(true, reason, UploadLimit: (long)offer);
                estimate.OfferedRate = offer;
                left -= offer;
                leftForNew -= estimate.HasReciprocated ? 0 : offer;
                leftForStopped -= estimate.HasStopped ? offer : 0;
                slots--;
            }

            decision = decision with { Rank = place + 1 };
        }

        if (inputs.IsRound)
            _offered = budget - left;
    }

    private ReciprocationEstimate EstimateOf(in ChokeCandidate peer)
    {
        while (_estimates.Count <= peer.Peer.Value)
            _estimates.Add(null);
        if (_estimates[peer.Peer.Value] is { } estimate && estimate.ConnectedAt == peer.ConnectedAt)
            return estimate;
        return _estimates[peer.Peer.Value] = new ReciprocationEstimate(peer.ConnectedAt, _capacity * InitialCostShare);
    }
}
