namespace TorrentPS.Engine.Policy.Choking;

/// <summary>
/// Gives the upload slots to all interested peers in turn, each for a limited time. It is the choker of a torrent that
/// only uploads.
/// </summary>
/// <remarks>
/// BEP 3 doesn't say how a seed chooses peers. As in libtorrent's round-robin choker, a peer keeps its slot until it
/// has used up a quota. Deviation: the quota is a time, not a number of bytes. So a fast peer gets more data, which it
/// can upload to others. The next slot goes to the choked peer with the shortest total unchoked time. Nothing is
/// random.
/// </remarks>
internal sealed class RoundRobinChoker : Choker
{
    /// <summary>
    /// Time within which every interested peer should be unchoked once. With many peers it takes longer, because each
    /// of them stays unchoked for at least one round.
    /// </summary>
    public static readonly TimeSpan CycleTime = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Number of rounds within which every new peer should be unchoked for the first time. With more than twice
    /// <see cref="MaxNewPeerSlots"/> new peers, it takes longer.
    /// </summary>
    private const int RoundsToFirstUnchoke = 2;

    /// <summary>
    /// While some interested peers have never been unchoked, the number of slots is raised to at most this value. With
    /// more slots, each peer would receive its first whole piece too late.
    /// </summary>
    private const int MaxNewPeerSlots = 8;

    // Ranks a peer whose quota is used up after all choked peers. No total unchoked time in seconds is as large.
    private const double QuotaUsedOffset = 1e12;

    /// <summary>
    /// Minimum number of slots, unless the user set the number. With fewer slots, it would take longer until all peers
    /// have been unchoked for about the same total time.
    /// </summary>
    private const int MinSlots = 4;

    /// <summary>
    /// Number of seconds in which each unchoked peer should receive one piece. With fewer seconds, there are fewer
    /// slots, and few peers have a piece to upload to others. With more seconds, each peer waits longer for its first
    /// piece.
    /// </summary>
    private const int SecondsPerPiece = 2;

    private readonly ChokeRanking _ranking = new();
    private readonly List<(TimeSpan ConnectedAt, TimeSpan Time)> _unchokedTimes = [];
    private TimeSpan _updatedAt;
    private int _newPeerSlots;

    /// <summary>
    /// Returns how many peers can be sent one piece each within <see cref="SecondsPerPiece"/> seconds. This is the
    /// number of slots for the upload rate, at most <see cref="UploadSlots.Maximum"/>.
    /// </summary>
    /// <param name="rate">The upload rate of the torrent in bytes/s.</param>
    /// <param name="pieceLength">The length of a piece in bytes.</param>
    public static int SlotsForRate(long rate, int pieceLength) =>
        (int)Math.Min(rate * SecondsPerPiece / pieceLength, UploadSlots.Maximum);

    /// <inheritdoc/>
    public override void Decide(
        ReadOnlySpan<ChokeCandidate> candidates, in ChokeInputs inputs, Span<ChokeDecision> decisions)
    {
        UpdateUnchokedTimes(candidates, inputs.Now);
        int slots = SlotsFor(candidates, inputs, out int interested);
        TimeSpan quota = QuotaFor(slots, interested);
        _ranking.Clear();
        for (int i = 0; i < candidates.Length; i++)
        {
            ref readonly ChokeCandidate peer = ref candidates[i];
            bool stays = peer.IsUnchoked && peer.IsInterested
                && (!inputs.IsRound || peer.UnchokedFor(inputs.Now) < MinUnchokeTime);
            decisions[i] = stays ? new ChokeDecision(true, peer.Reason)
                : new ChokeDecision(false, peer.IsInterested ? ChokeReason.NoSlot : ChokeReason.NotInterested);
            if (peer.IsInterested)
                _ranking.Add(i, ScoreOf(peer, quota, inputs.Now));
        }

        _ranking.Sort();
        _ranking.UnchokeFirst(slots - CountUnchoked(decisions), ChokeReason.RoundRobin, decisions);
    }

    /// <summary>
    /// Returns the score of a peer. Peers that were never unchoked score highest, then peers unchoked for less than
    /// <paramref name="quota"/>, then choked peers, and last the peers unchoked for longer. In the last two groups, a
    /// shorter total unchoked time scores higher.
    /// </summary>
    private double ScoreOf(in ChokeCandidate peer, TimeSpan quota, TimeSpan now)
    {
        if (peer.UnchokedAt is null)
            return double.MaxValue;
        double unchokedTime = _unchokedTimes[peer.Peer.Value].Time.TotalSeconds;
        if (!peer.IsUnchoked)
            return -unchokedTime;
        return peer.UnchokedFor(now) < quota ? double.MaxValue / 2 : -QuotaUsedOffset - unchokedTime;
    }

    /// <summary>
    /// Adds the time since the last call to the total unchoked time of each peer that is unchoked and interested.
    /// </summary>
    /// <remarks>
    /// A new peer starts with the shortest total time of all interested peers. The total time of a peer that isn't
    /// interested is raised to that minimum. Otherwise such a peer would later be unchoked for longer than others.
    /// </remarks>
    private void UpdateUnchokedTimes(ReadOnlySpan<ChokeCandidate> candidates, TimeSpan now)
    {
        TimeSpan passed = now - _updatedAt;
        _updatedAt = now;
        TimeSpan shortest = TimeSpan.MaxValue;
        foreach (ref readonly ChokeCandidate peer in candidates)
        {
            int index = peer.Peer.Value;
            while (_unchokedTimes.Count <= index)
                _unchokedTimes.Add((TimeSpan.MinValue, default));
            if (!peer.IsInterested || _unchokedTimes[index].ConnectedAt != peer.ConnectedAt)
                continue;
            if (peer.IsUnchoked)
                _unchokedTimes[index] = (peer.ConnectedAt, _unchokedTimes[index].Time + passed);
            shortest = _unchokedTimes[index].Time < shortest ? _unchokedTimes[index].Time : shortest;
        }

        if (shortest == TimeSpan.MaxValue)
            shortest = TimeSpan.Zero;
        foreach (ref readonly ChokeCandidate peer in candidates)
        {
            (TimeSpan connectedAt, TimeSpan unchokedTime) = _unchokedTimes[peer.Peer.Value];
            bool isNew = connectedAt != peer.ConnectedAt;
            if (isNew || (!peer.IsInterested && unchokedTime < shortest))
                _unchokedTimes[peer.Peer.Value] = (peer.ConnectedAt, shortest);
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

        // The number doesn't fall while new peers are left. There are fewer of them, but there is also less time to
        // unchoke them.
        int needed = (newPeers + RoundsToFirstUnchoke - 1) / RoundsToFirstUnchoke;
        _newPeerSlots = newPeers == 0 ? 0 : Math.Min(Math.Max(needed, _newPeerSlots), MaxNewPeerSlots);
        if (inputs.AreSlotsFixed)
            return inputs.Slots;
        return Math.Max(Math.Max(inputs.Slots - inputs.IdleSlots, MinSlots), _newPeerSlots) + inputs.IdleSlots;
    }

    private static TimeSpan QuotaFor(int slots, int interested)
    {
        int rounds = (int)(CycleTime / RoundInterval * slots / Math.Max(interested, 1));
        return RoundInterval * Math.Clamp(rounds, 1, (int)(CycleTime / RoundInterval));
    }
}
