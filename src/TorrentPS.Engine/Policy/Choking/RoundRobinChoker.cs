namespace TorrentPS.Engine.Policy.Choking;

/// <summary>Serves all interested peers in turn. It is the choker of a torrent that only uploads.</summary>
/// <remarks>
/// BEP 3 doesn't say how a seed chooses. As in libtorrent's round-robin choker, each peer keeps its slot for a quota,
/// its turn. Deviation: the quota is a time, not a number of bytes. So a peer that downloads fast gets more, which it
/// can pass on to others. The next peer is the one that was served for the shortest time in all. Nothing is random.
/// </remarks>
internal sealed class RoundRobinChoker : Choker
{
    /// <summary>
    /// Time in which every interested peer should get one turn. With many peers it takes longer, because no turn is
    /// shorter than a round.
    /// </summary>
    public static readonly TimeSpan CycleTime = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Number of rounds within which all new peers should get their first turn. With more than twice
    /// <see cref="MaxNewPeerSlots"/> new peers, it takes longer.
    /// </summary>
    private const int RoundsToFirstTurn = 2;

    /// <summary>
    /// Maximum to which the number of slots is raised for peers that wait for their first turn. With more slots, each
    /// peer would receive its first whole piece too late.
    /// </summary>
    private const int MaxNewPeerSlots = 8;

    /// <summary>
    /// Number subtracted from the score of a peer whose turn is over, so that it ranks after all waiting peers. It
    /// exceeds any served time in seconds. The highest score is served first.
    /// </summary>
    private const double TurnOverOffset = 1e12;

    /// <summary>
    /// Minimum number of slots, unless the user set the number. With fewer slots, the peers' served times would
    /// differ for longer.
    /// </summary>
    private const int MinSlots = 4;

    /// <summary>
    /// Number of seconds in which each served peer should receive one piece. With a lower value, few peers have a
    /// piece to upload to others. With a higher value, each peer waits long for its first piece.
    /// </summary>
    private const int SecondsPerPiece = 2;

    private readonly ChokeRanking _ranking = new();
    private readonly List<(TimeSpan ConnectedAt, TimeSpan Time)> _served = [];
    private TimeSpan _updatedAt;
    private int _newPeerSlots;

    /// <summary>
    /// Returns the number of slots with which each served peer receives one piece in <see cref="SecondsPerPiece"/>,
    /// at most <see cref="UploadSlots.Maximum"/>.
    /// </summary>
    /// <param name="rate">The upload rate of the torrent in bytes/s.</param>
    /// <param name="pieceLength">The length of a piece in bytes.</param>
    public static int SlotsForRate(long rate, int pieceLength) =>
        (int)Math.Min(rate * SecondsPerPiece / pieceLength, UploadSlots.Maximum);

    /// <inheritdoc/>
    public override void Decide(
        ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs inputs, Span<ChokeDecision> decisions)
    {
        UpdateServedTimes(candidates, inputs.Now);
        int slots = SlotsFor(candidates, inputs, out int interested);
        TimeSpan turn = TurnOf(slots, interested);
        _ranking.Clear();
        for (int i = 0; i < candidates.Length; i++)
        {
            ref readonly ChokeCandidate peer = ref candidates[i];
            bool stays = peer.IsUnchoked && peer.IsInterested
                && (!inputs.IsRound || peer.UnchokedFor(inputs.Now) < MinUnchokeTime);
            decisions[i] = stays ? new ChokeDecision(true, peer.Reason)
                : new ChokeDecision(false, peer.IsInterested ? ChokeReason.NoSlot : ChokeReason.NotInterested);
            if (peer.IsInterested)
                _ranking.Add(i, ScoreOf(peer, turn, inputs.Now));
        }

        _ranking.Sort();
        _ranking.UnchokeFirst(slots - CountUnchoked(decisions), ChokeReason.RoundRobin, decisions);
    }

    /// <summary>
    /// Returns the score of a peer; the highest is served first. Peers without a turn so far score highest, then
    /// peers within their turn, then choked peers by the shortest served time, then peers whose turn is over.
    /// </summary>
    private double ScoreOf(in ChokeCandidate peer, TimeSpan turn, TimeSpan now)
    {
        if (peer.UnchokedAt is null)
            return double.MaxValue;
        double served = _served[peer.Peer.Value].Time.TotalSeconds;
        if (!peer.IsUnchoked)
            return -served;
        return peer.UnchokedFor(now) < turn ? double.MaxValue / 2 : -TurnOverOffset - served;
    }

    /// <summary>Adds the time since the last call to the served time of each unchoked peer.</summary>
    /// <remarks>
    /// A new peer starts with the shortest served time of the interested peers. The time of a peer that isn't
    /// interested is raised to that minimum. So neither gets extra time for the period in which it requested nothing.
    /// </remarks>
    private void UpdateServedTimes(ReadOnlySpan<ChokeCandidate> candidates, TimeSpan now)
    {
        TimeSpan passed = now - _updatedAt;
        _updatedAt = now;
        TimeSpan least = TimeSpan.MaxValue;
        foreach (ref readonly ChokeCandidate peer in candidates)
        {
            int index = peer.Peer.Value;
            while (_served.Count <= index)
                _served.Add((TimeSpan.MinValue, default));
            if (!peer.IsInterested || _served[index].ConnectedAt != peer.ConnectedAt)
                continue;
            if (peer.IsUnchoked)
                _served[index] = (peer.ConnectedAt, _served[index].Time + passed);
            least = _served[index].Time < least ? _served[index].Time : least;
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

    private int SlotsFor(ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs inputs, out int interested)
    {
        interested = 0;
        int newPeers = 0;
        foreach (ref readonly ChokeCandidate peer in candidates)
        {
            interested += peer.IsInterested ? 1 : 0;
            newPeers += peer.IsInterested && peer.UnchokedAt is null ? 1 : 0;
        }

        // The number doesn't fall until all new peers had a turn: fewer are left, but so is less time.
        int needed = (newPeers + RoundsToFirstTurn - 1) / RoundsToFirstTurn;
        _newPeerSlots = newPeers == 0 ? 0 : Math.Min(Math.Max(needed, _newPeerSlots), MaxNewPeerSlots);
        if (inputs.AreSlotsFixed)
            return inputs.Slots;
        return Math.Max(Math.Max(inputs.Slots - inputs.IdleSlots, MinSlots), _newPeerSlots) + inputs.IdleSlots;
    }

    private static TimeSpan TurnOf(int slots, int interested)
    {
        int rounds = (int)(CycleTime / RoundInterval * slots / Math.Max(interested, 1));
        return RoundInterval * Math.Clamp(rounds, 1, (int)(CycleTime / RoundInterval));
    }
}
