namespace TorrentPS.Engine.Policy.Choking;

/// <summary>Serves everybody in turn: how a seed, that wants nothing, gives its slots.</summary>
/// <remarks>
/// A turn is a quota of time, not of bytes: all get the same time within about a minute, and who takes fast, and so can spread fast,
/// takes more in it. Next is who was served for the least time; nothing is left to chance, so that equal peers get equal parts.
/// </remarks>
internal sealed class RoundRobinChoker : Choker
{
    /// <summary>All who wait have had a turn within about this time, as far as turns of one round allow.</summary>
    public static readonly TimeSpan Cycle = TimeSpan.FromSeconds(60);

    /// <summary>Who never had a turn gets one within so many rounds: a newcomer should have its first block in 40 s, and something to trade.</summary>
    private const int RoundsForNewcomers = 2;

    /// <summary>So many slots may be made for newcomers: in a crowd more of them would each get too little to have a piece to trade soon.</summary>
    private const int MostNewcomerSlots = 8;

    /// <summary>Puts those whose turn is over behind all that wait: more seconds than any torrent is served for.</summary>
    private const double TurnIsOver = 1e12;

    /// <summary>The least, however few would fill the uplink: with fewer at once each turn is so large that parts stay uneven for long.</summary>
    private const int FewestSlots = 4;

    /// <summary>
    /// In how many seconds who is served should get a piece. Sooner, and what a seed gives would lie with few peers, which trade it among
    /// themselves while all others have nothing to offer; later, and each would wait long for its first piece to trade.
    /// </summary>
    private const int SecondsForPiece = 2;

    private readonly ChokeRanking _ranking = new();
    private readonly List<(TimeSpan ConnectedAt, TimeSpan For)> _served = [];
    private TimeSpan _accountedAt;
    private int _newcomerSlots;

    /// <summary>How many slots spread a seed's upload well.</summary>
    /// <param name="rate">What it uploads, in bytes/s.</param>
    /// <param name="pieceLength">Bytes.</param>
    public static int SlotsThatSpread(long rate, int pieceLength) =>
        (int)Math.Min(rate * SecondsForPiece / pieceLength, UploadSlots.Most);

    /// <inheritdoc/>
    public override void Decide(ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs terms, Span<ChokeDecision> decisions)
    {
        Account(candidates, terms.Now);
        int slots = SlotsFor(candidates, terms, out int interested);
        TimeSpan turn = TurnOf(slots, interested);
        _ranking.Clear();
        for (int i = 0; i < candidates.Length; i++)
        {
            ref readonly ChokeCandidate peer = ref candidates[i];
            bool stays = peer.IsUnchoked && peer.IsInterested && (!terms.IsRound || peer.StayAt(terms.Now) < LeastStay);
            decisions[i] = stays ? new ChokeDecision(true, peer.Reason)
                : new ChokeDecision(false, peer.IsInterested ? ChokeReason.NoSlot : ChokeReason.NotInterested);
            if (peer.IsInterested)
                _ranking.Add(i, UrgencyOf(peer, turn, terms.Now));
        }

        _ranking.Sort();
        _ranking.Grant(slots - CountUnchoked(decisions), ChokeReason.RoundRobin, decisions);
    }

    /// <summary>First who never had a turn, then those whose turn is not over, then who waits and was served least, then those whose turn is over.</summary>
    private double UrgencyOf(in ChokeCandidate peer, TimeSpan turn, TimeSpan now)
    {
        if (peer.UnchokedAt is null)
            return double.MaxValue;
        double served = _served[peer.Peer.Value].For.TotalSeconds;
        if (!peer.IsUnchoked)
            return -served;
        return peer.StayAt(now) < turn ? double.MaxValue / 2 : -TurnIsOver - served;
    }

    /// <summary>
    /// Adds up for how long each was served. Who comes, or comes back to want something, begins with as much as who was served least:
    /// it is next, but has no claim to what others got before.
    /// </summary>
    private void Account(ReadOnlySpan<ChokeCandidate> candidates, TimeSpan now)
    {
        TimeSpan passed = now - _accountedAt;
        _accountedAt = now;
        TimeSpan least = TimeSpan.MaxValue;
        foreach (ref readonly ChokeCandidate peer in candidates)
        {
            int slot = peer.Peer.Value;
            while (_served.Count <= slot)
                _served.Add((TimeSpan.MinValue, default));
            if (!peer.IsInterested || _served[slot].ConnectedAt != peer.ConnectedAt)
                continue;
            if (peer.IsUnchoked)
                _served[slot] = (peer.ConnectedAt, _served[slot].For + passed);
            least = _served[slot].For < least ? _served[slot].For : least;
        }

        if (least == TimeSpan.MaxValue)
            least = TimeSpan.Zero;
        foreach (ref readonly ChokeCandidate peer in candidates)
        {
            (TimeSpan connectedAt, TimeSpan served) = _served[peer.Peer.Value];
            bool isNew = connectedAt != peer.ConnectedAt;
            if (isNew || (!peer.IsInterested && served < least))
                _served[peer.Peer.Value] = (peer.ConnectedAt, least);
        }
    }

    private int SlotsFor(ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs terms, out int interested)
    {
        interested = 0;
        int newcomers = 0;
        foreach (ref readonly ChokeCandidate peer in candidates)
        {
            interested += peer.IsInterested ? 1 : 0;
            newcomers += peer.IsInterested && peer.UnchokedAt is null ? 1 : 0;
        }

        // As many as the crowd needed when it came, until it is served: fewer newcomers are left, but less time, too.
        int needed = (newcomers + RoundsForNewcomers - 1) / RoundsForNewcomers;
        _newcomerSlots = newcomers == 0 ? 0 : Math.Min(Math.Max(needed, _newcomerSlots), MostNewcomerSlots);
        if (terms.AreSlotsFixed)
            return terms.Slots;
        return Math.Max(Math.Max(terms.Slots - terms.Idle, FewestSlots), _newcomerSlots) + terms.Idle;
    }

    private static TimeSpan TurnOf(int slots, int interested)
    {
        int rounds = (int)(Cycle / Round * slots / Math.Max(interested, 1));
        return Round * Math.Clamp(rounds, 1, (int)(Cycle / Round));
    }
}
