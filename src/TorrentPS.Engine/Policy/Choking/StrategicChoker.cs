namespace TorrentPS.Engine.Policy.Choking;

/// <summary>Gives each partner just what makes it give back, and nothing to who does not (after BitTyrant, Piatek et al. 2007).</summary>
/// <remarks>
/// Until it is known what the uplink can do it is tit for tat. Then, for each peer, a <see cref="ReciprocationEstimate"/> learns its price and
/// what it brings. Who brings most for least comes first, until the uplink is spent; what nobody is worth is saved. Who is not known to
/// bring anything gets a little, from a fifth of the uplink once there are partners, from everything before; partners that serve us no
/// more are won back one after the other, with less than a third. Who saves and gets little for it is one of many that save: then it is
/// tit for tat again, until more comes in.
/// </remarks>
internal sealed class StrategicChoker(Random random) : Choker
{
    /// <summary>The part of the uplink with which new partners are sought.</summary>
    private const double PartForTrials = 0.2;

    /// <summary>
    /// The part of the uplink with which partners that left are won back. To bid for all of them at once would cost most of what is saved,
    /// and win few.
    /// </summary>
    private const double PartForWinningBack = 0.3;

    /// <summary>
    /// The part of the uplink that is first offered: enough for who gets nothing from most others, and little lost on who never gives.
    /// </summary>
    private const double FirstOffer = 1.0 / 150;

    /// <summary>The largest part of the uplink that one partner gets: less than it would get by tit for tat, or nothing would be saved.</summary>
    private const double MostOffer = 0.18;

    /// <summary>A peer that has given nothing yet is thought to give this part of what one offers.</summary>
    private const double Hope = 0.5;

    /// <summary>A little more is offered than the uplink has shown it can do, so that it can show more.</summary>
    private const double Reach = 1.1;

    private const double GrowthThatCounts = 1.1;

    /// <summary>An uplink that did all that was asked of it may do so much more.</summary>
    private const double Growth = 1.5;

    /// <summary>What is done of an offer when all of it is done: takers pause.</summary>
    private const double DonePart = 0.9;

    /// <summary>What an uplink did not reach again is believed less by this, each round.</summary>
    private const double Fading = 0.9;

    /// <summary>So much of an offer must be left for it to be worth making.</summary>
    private const double LeastPart = 0.5;

    /// <summary>Who gets less than this part of what its uplink could give fares better by tit for tat: where all save, nobody gets much.</summary>
    private const double EnoughPart = 0.4;

    /// <summary>How much of what is got in a round counts at once: about half a minute is looked back.</summary>
    private const double Weight = 0.3;

    private readonly ChokeRanking _ranking = new();
    private readonly TitForTatChoker _beginning = new(random);
    private readonly List<ReciprocationEstimate?> _accounts = [];
    private double _capacity;
    private double _rateBefore;
    private bool _knowsCapacity;
    private double _offered;
    private double _gets;
    private bool _isShort;

    /// <inheritdoc/>
    public override void Decide(ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs terms, Span<ChokeDecision> decisions)
    {
        if (terms.IsRound)
            Measure(terms);
        if (!_knowsCapacity || _isShort)
        {
            _beginning.Decide(candidates, terms, decisions);
            return;
        }

        Rank(candidates, terms);
        for (int i = 0; i < candidates.Length; i++)
            decisions[i] = Kept(candidates[i], terms);
        Spend(candidates, terms, decisions);
    }

    /// <summary>
    /// The uplink can do what it once did, unless it was asked for more and did less. It is known once it stops growing though more was
    /// asked of it: early on, little is asked for since nobody has much to give.
    /// </summary>
    private void Measure(in ChokeInputs terms)
    {
        _knowsCapacity |= terms.IsUplinkBusy && terms.UploadRate > 0 && terms.UploadRate < _rateBefore * GrowthThatCounts;
        _rateBefore = terms.UploadRate;
        if (_offered < _capacity)
            _capacity = Math.Max(terms.UploadRate, _capacity);
        else if (_knowsCapacity && terms.UploadRate >= _offered * DonePart)
            _capacity = terms.UploadRate * Growth;
        else
            _capacity = Math.Max(terms.UploadRate, _capacity * Fading);
        if (terms.UploadLimit is { } limit)
            _capacity = Math.Min(_capacity, limit);
        _gets += (terms.DownloadRate - _gets) * Weight;
        _isShort = _gets < _capacity * EnoughPart;
        if (_isShort)
            _offered = 0;
    }

    private ChokeDecision Kept(in ChokeCandidate peer, in ChokeInputs terms)
    {
        if (!peer.IsInterested)
            return new ChokeDecision(false, ChokeReason.NotInterested);
        bool stays = peer.IsUnchoked && (!terms.IsRound || peer.StayAt(terms.Now) < LeastStay);
        if (!stays)
            return new ChokeDecision(false, peer.IsSnubbing ? ChokeReason.Snubbing : ChokeReason.NoSlot);
        return new ChokeDecision(true, peer.Reason, UploadLimit: (long)AccountOf(peer).Price);
    }

    private void Rank(ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs terms)
    {
        _ranking.Clear();
        for (int i = 0; i < candidates.Length; i++)
        {
            ref readonly ChokeCandidate peer = ref candidates[i];
            ReciprocationEstimate account = AccountOf(peer);
            if (terms.IsRound)
                account.OnRound(peer, _capacity * MostOffer, terms.Now);
            if (peer.IsInterested && peer.HasWanted && terms.Now >= account.BarredUntil)
                _ranking.Add(i, (account.Gain ?? (Hope * account.Price)) / account.Price);
        }

        _ranking.Sort();
    }

    private void Spend(ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs terms, Span<ChokeDecision> decisions)
    {
        int slots = (terms.AreSlotsFixed ? terms.Slots : UploadSlots.Most) - CountUnchoked(decisions);
        double budget = _capacity * Reach;
        double left = budget;
        double trials = _capacity;
        double winningBack = _capacity * PartForWinningBack;
        for (int i = 0; i < candidates.Length; i++)
        {
            ReciprocationEstimate account = AccountOf(candidates[i]);
            if (decisions[i].IsUnchoked)
                left -= account.Price;
            if (decisions[i].IsUnchoked && account.HasLeft)
                winningBack -= account.Price;
            if (account.IsProven)
                trials = _capacity * PartForTrials;
        }

        for (int place = 0; place < _ranking.Count; place++)
        {
            ref readonly ChokeCandidate peer = ref candidates[_ranking[place]];
            ref ChokeDecision decision = ref decisions[_ranking[place]];
            ReciprocationEstimate account = AccountOf(peer);
            double purse = !account.IsProven ? trials : account.HasLeft ? winningBack : left;
            double offer = Math.Min(account.Price, Math.Min(left, purse));
            if (!decision.IsUnchoked && slots > 0 && offer >= account.Price * LeastPart)
            {
                ChokeReason reason = account.IsProven ? ChokeReason.Reciprocating : ChokeReason.Optimistic;
                decision = new ChokeDecision(true, reason, UploadLimit: (long)offer);
                account.Offered = offer;
                left -= offer;
                trials -= account.IsProven ? 0 : offer;
                winningBack -= account.HasLeft ? offer : 0;
                slots--;
            }

            decision = decision with { Rank = place + 1 };
        }

        if (terms.IsRound)
            _offered = budget - left;
    }

    private ReciprocationEstimate AccountOf(in ChokeCandidate peer)
    {
        while (_accounts.Count <= peer.Peer.Value)
            _accounts.Add(null);
        if (_accounts[peer.Peer.Value] is { } account && account.ConnectedAt == peer.ConnectedAt)
            return account;
        return _accounts[peer.Peer.Value] = new ReciprocationEstimate(peer.ConnectedAt, _capacity * FirstOffer);
    }
}
