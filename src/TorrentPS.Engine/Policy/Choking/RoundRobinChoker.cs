namespace TorrentPS.Engine.Policy.Choking;

/// <summary>Serves all interested peers in turn. It is the choker of a torrent that only uploads.</summary>
/// <remarks>
/// BEP 3 doesn't say how a seed chooses. As in libtorrent's round-robin choker, each peer keeps its slot for a quota,
/// called its turn. Deviation: the quota is a time, not a number of bytes. So a peer that downloads fast gets more
/// data, which it can upload to others. The next slot goes to the peer that has been unchoked for the shortest time in
/// total. Nothing is random.
/// </remarks>
internal sealed class RoundRobinChoker : Choker
{
    /// <summary>
    /// Time within which every interested peer should be unchoked once. With many peers this takes longer, because each
    /// of them stays unchoked for at least one round.
    /// </summary>
    public static readonly TimeSpan CycleTime = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Number of rounds within which every new peer should be unchoked for the first time. With more than twice
    /// <see cref="MaxNewPeerSlots"/> new peers, this takes longer.
    /// </summary>
    private const int RoundsToFirstTurn = 2;

    /// <summary>
    /// Maximum to which the number of slots is raised while there are interested peers that were never unchoked. With
    /// more slots, each peer would receive its first whole piece too late.
    /// </summary>
    private const int MaxNewPeerSlots = 8;

    // Ranks a peer whose turn is over after all choked peers: no total unchoked time in seconds is as large.
    private const double TurnOverOffset = 1e12;

    /// <summary>
    /// Minimum number of slots, unless the user set the number. With fewer slots, it would take longer until all peers
    /// have been unchoked for about the same total time.
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
    /// Returns the score of a peer; the peers with the highest scores are unchoked. Peers that were never unchoked
    /// score highest, then peers unchoked for less than <paramref name="turn"/>, then choked peers, and last the peers
    /// unchoked for longer. In the last two groups, a shorter total unchoked time scores higher.
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

    /// <summary>
    /// Adds the time since the last call to the total unchoked time of each peer that is unchoked and interested.
    /// </summary>
    /// <remarks>
    /// A new peer starts with the shortest total of the interested peers. The total of a peer that isn't interested is
    /// raised to that minimum. So no peer is unchoked for longer later because it requested nothing for some time.
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
