namespace TorrentPS.Engine.Policy.Choking;

/// <summary>
/// Uploads to each peer only as fast as needed to make the peer reciprocate (BitTyrant, Piatek et al., NSDI 2007).
/// </summary>
/// <remarks>
/// <para>
/// A <see cref="ReciprocationEstimate"/> keeps the cost and the expected rate of each peer. In each round, peers are
/// unchoked in order of expected rate divided by cost, until the upload capacity is used up. Capacity that no peer
/// needs stays unused. Peers that have never reciprocated share <see cref="TrialShare"/> of the capacity. While no peer
/// has reciprocated, all peers share the whole capacity. Peers that stopped reciprocating share
/// <see cref="RegainShare"/>.
/// </para>
/// <para>
/// Deviations from the paper: the upload capacity isn't given but measured, and until it is known the choker works as
/// <see cref="TitForTatChoker"/>. The choker also works that way while the download rate is low in comparison with the
/// capacity. A low rate occurs when most peers of the swarm upload as little as possible, and then this strategy gains
/// nothing.
/// </para>
/// </remarks>
internal sealed class StrategicChoker(Random random) : Choker
{
    /// <summary>
    /// Share of the upload capacity for peers that have never reciprocated, once at least one peer has reciprocated.
    /// </summary>
    private const double TrialShare = 0.2;

    /// <summary>
    /// Share of the upload capacity for peers that stopped reciprocating. Serving all of them at once would use most
    /// of the capacity that the strategy saves.
    /// </summary>
    private const double RegainShare = 0.3;

    /// <summary>
    /// Initial cost of a peer, as a share of the upload capacity. It is enough to make a peer reciprocate that gets
    /// little from others. Little is lost if the peer never reciprocates.
    /// </summary>
    private const double InitialCostShare = 1.0 / 150;

    /// <summary>
    /// Limit up to which the cost of a peer is raised, as a share of the upload capacity. With tit for tat, each
    /// unchoked peer gets more than this share, so a higher cost would save nothing.
    /// </summary>
    private const double MaxCostShare = 0.18;

    /// <summary>
    /// Assumed download rate from a peer that has never reciprocated, as a share of its cost. Used for the ranking
    /// only.
    /// </summary>
    private const double AssumedReturn = 0.5;

    /// <summary>
    /// Upload budget of a round, relative to the measured upload capacity. It is a little more than the capacity, so
    /// that the upload rate can show a higher capacity.
    /// </summary>
    private const double BudgetFactor = 1.1;

    /// <summary>
    /// The upload capacity counts as reached when the upload rate of a round is less than this factor times the upload
    /// rate of the previous round.
    /// </summary>
    private const double MinGrowth = 1.1;

    /// <summary>
    /// After a round in which the peers downloaded nearly all that was offered, the measured capacity is set to the
    /// upload rate times this factor.
    /// </summary>
    private const double CapacityGrowth = 1.5;

    /// <summary>
    /// The peers count as having downloaded all that was offered if the upload rate is at least this share of the sum
    /// of their upload limits. The share is below one, because peers pause between requests.
    /// </summary>
    private const double FullySpentShare = 0.9;

    /// <summary>
    /// Factor applied to the measured capacity after a round in which the peers downloaded less than was offered. The
    /// capacity doesn't fall below the upload rate.
    /// </summary>
    private const double CapacityDecay = 0.9;

    /// <summary>
    /// Smallest upload limit offered to a peer, as a share of its cost. A lower limit wouldn't make the peer
    /// reciprocate.
    /// </summary>
    private const double MinOfferShare = 0.5;

    /// <summary>
    /// Download rate, as a share of the upload capacity, below which the choker works as tit for tat.
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
        Spend(candidates, inputs, decisions);
    }

    /// <summary>
    /// Updates the measured upload capacity, and decides whether the download rate is too low for this strategy.
    /// </summary>
    /// <remarks>
    /// The capacity counts as known after a round in which requested blocks waited and the upload rate grew by less
    /// than 10 %. Before that, peers may request less than the uplink can carry. Unless the upload limit is lower, the
    /// capacity falls only after a round in which the upload limits of the unchoked peers added up to at least the
    /// capacity and less was uploaded.
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
                _ranking.Add(i, (estimate.ExpectedRate ?? (AssumedReturn * estimate.UploadCost)) / estimate.UploadCost);
        }

        _ranking.Sort();
    }

    private void Spend(ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs inputs, Span<ChokeDecision> decisions)
    {
        int slots = (inputs.AreSlotsFixed ? inputs.Slots : UploadSlots.Maximum) - CountUnchoked(decisions);
        double budget = _capacity * BudgetFactor;
        double left = budget;
        double trials = _capacity;
        double regain = _capacity * RegainShare;
        for (int i = 0; i < candidates.Length; i++)
        {
            ReciprocationEstimate estimate = EstimateOf(candidates[i]);
            if (decisions[i].IsUnchoked)
                left -= estimate.UploadCost;
            if (decisions[i].IsUnchoked && estimate.HasStopped)
                regain -= estimate.UploadCost;
            if (estimate.HasReciprocated)
                trials = _capacity * TrialShare;
        }

        for (int place = 0; place < _ranking.Count; place++)
        {
            ref readonly ChokeCandidate peer = ref candidates[_ranking[place]];
            ref ChokeDecision decision = ref decisions[_ranking[place]];
            ReciprocationEstimate estimate = EstimateOf(peer);
            double share = !estimate.HasReciprocated ? trials : estimate.HasStopped ? regain : left;
            double offer = Math.Min(estimate.UploadCost, Math.Min(left, share));
            if (!decision.IsUnchoked && slots > 0 && offer >= estimate.UploadCost * MinOfferShare)
            {
                ChokeReason reason = estimate.HasReciprocated ? ChokeReason.Reciprocating : ChokeReason.Optimistic;
                decision = new ChokeDecision(true, reason, UploadLimit: (long)offer);
                estimate.OfferedRate = offer;
                left -= offer;
                trials -= estimate.HasReciprocated ? 0 : offer;
                regain -= estimate.HasStopped ? offer : 0;
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
