using TorrentPS.Engine.Policy.Choking;
using TorrentPS.Engine.Swarm.State;

namespace TorrentPS.Engine.Swarm.Handlers;

/// <summary>
/// Runs the choker and applies its decisions: sends choke and unchoke, and sets the upload limits of peers.
/// </summary>
internal sealed class Unchoker(SwarmState swarm, UploadHandler uploads, SuggestHandler suggestions)
{
    /// <summary>
    /// Time without a requested block after which the choker treats a peer as snubbing this client. Applies to peers
    /// that unchoke this client and have outstanding requests. One minute is the value in Cohen 2003, "anti-snubbing".
    /// </summary>
    private static readonly TimeSpan s_snubbedAfter = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Time without queued blocks and without sent payload after which an unchoked peer counts as idle. It is longer
    /// than a usual round trip, so that the peer's next requests have time to arrive.
    /// </summary>
    private static readonly TimeSpan s_idleAfter = TimeSpan.FromSeconds(1);

    private readonly UploadSlots _slots = new();
    private Choker _leeching = Choker.ForLeeching(swarm.Settings.Torrent.Choker, swarm.Random);
    private Choker _seeding = Choker.ForSeeding(swarm.Settings.Torrent.Choker);
    private int? _fixedSlots = swarm.Settings.Torrent.UploadSlots;
    private ChokeCandidate[] _candidates = [];
    private ChokeDecision[] _decisions = [];
    private TimeSpan _lastRound;
    private long _sentAtRound;
    private long _uploadRate;
    private long _receivedAtRound;
    private long _downloadRate;
    private int _ticks;
    private int _busyTicks;
    private bool _isUplinkBusy;

    /// <summary>Number of idle unchoked peers. For each of them there is one additional upload slot.</summary>
    private int _idle;

    /// <summary>
    /// Minimum number of automatic upload slots while the torrent seeds, computed from the upload rate and the piece
    /// length. 0 while the torrent downloads.
    /// </summary>
    private int _minSlots;

    /// <summary>
    /// Changes the choker. The new choker decides at once which peers to unchoke. The current round continues.
    /// </summary>
    public void Use(ChokerKind kind)
    {
        _leeching = Choker.ForLeeching(kind, swarm.Random);
        _seeding = Choker.ForSeeding(kind);
        Decide();
    }

    /// <summary>Changes the number of upload slots: 0 for no slots, null for an automatic number.</summary>
    public void UseSlots(int? count)
    {
        _fixedSlots = count;
        Decide();
    }

    /// <summary>
    /// Runs the choker at the end of each round. Between rounds, runs it when the number of automatic upload slots
    /// changes or the number of idle peers rises. Also measures the transfer rates at the end of each round.
    /// </summary>
    public void OnTick()
    {
        TimeSpan now = swarm.Uptime;
        TimeSpan elapsed = now - _lastRound;
        bool isRound = elapsed >= Choker.RoundInterval;
        _ticks++;
        if (isRound)
        {
            _isUplinkBusy = _busyTicks > _ticks / 2;
            (_ticks, _busyTicks) = (0, 0);
            _uploadRate = (long)((swarm.Totals.Uploaded - _sentAtRound) / elapsed.TotalSeconds);
            _sentAtRound = swarm.Totals.Uploaded;
            _downloadRate = (long)((swarm.Totals.Downloaded - _receivedAtRound) / elapsed.TotalSeconds);
            _receivedAtRound = swarm.Totals.Downloaded;
            _lastRound = now;
        }

        int idleBefore = _idle;
        bool haveSlotsChanged = _slots.OnTick(Sample(now), isRound);
        int minSlotsBefore = _minSlots;
        _minSlots = swarm.State == TorrentState.Downloading
            ? 0
            : RoundRobinChoker.SlotsForRate(swarm.Totals.UploadMeter.Rate, swarm.Geometry.PieceLength);
        if (haveSlotsChanged || isRound || _idle > idleBefore || _minSlots > minSlotsBefore)
            Decide(isRound);
    }

    /// <summary>
    /// Runs the choker between two rounds, after a peer connected, disconnected or changed its interest.
    /// </summary>
    public void Decide() => Decide(isRound: false);

    private void Decide(bool isRound)
    {
        if (!swarm.IsTransferring)
            return;
        IReadOnlyList<Peer> peers = swarm.Peers.All;
        if (_candidates.Length < peers.Count)
        {
            _candidates = new ChokeCandidate[peers.Count * 2];
            _decisions = new ChokeDecision[_candidates.Length];
        }

        for (int i = 0; i < peers.Count; i++)
            _candidates[i] = CandidateOf(peers[i]);
        var inputs = new ChokeInputs(_fixedSlots ?? (Math.Max(_slots.Count, _minSlots) + _idle), isRound, swarm.Uptime)
        {
            IdleSlots = _idle,
            AreSlotsFixed = _fixedSlots is not null,
            UploadRate = _uploadRate,
            IsUplinkBusy = _isUplinkBusy,
            DownloadRate = _downloadRate,
            UploadLimit = swarm.UploadLimit,
        };
        Choker choker = swarm.State == TorrentState.Downloading ? _leeching : _seeding;
        choker.Decide(_candidates.AsSpan(0, peers.Count), inputs, _decisions.AsSpan(0, peers.Count));
        for (int i = 0; i < peers.Count; i++)
            Apply(peers[i], _fixedSlots == 0 ? NoSlotDecision(_candidates[i]) : _decisions[i]);
    }

    private UploadSample Sample(TimeSpan now)
    {
        int backlogged = 0;
        int waiting = 0;
        _idle = 0;
        IReadOnlyList<Peer> peers = swarm.Peers.All;
        for (int i = 0; i < peers.Count; i++)
        {
            Peer peer = peers[i];
            backlogged += !peer.AmChoking && peer.QueuedBlocks > 0 ? 1 : 0;
            waiting += peer.AmChoking && CompetesForSlot(peer) ? 1 : 0;
            _idle += IsIdle(peer, now) ? 1 : 0;
        }

        _busyTicks += backlogged > 0 ? 1 : 0;
        return new UploadSample(now, swarm.Totals.Uploaded, swarm.UploadLimit, backlogged, waiting);
    }

    private static bool IsIdle(Peer peer, TimeSpan now)
    {
        long sent = peer.Link.Traffic.PayloadSent;
        if (peer.AmChoking || peer.QueuedBlocks > 0 || sent != peer.SentWhenBusy)
        {
            peer.SentWhenBusy = sent;
            peer.IdleSince = now;
            return false;
        }

        return now - peer.IdleSince >= s_idleAfter;
    }

    /// <summary>
    /// Whether a peer competes for an upload slot. Seeds and upload-only peers (BEP 21) do not compete, even if they
    /// are interested.
    /// </summary>
    private static bool CompetesForSlot(Peer peer) =>
        peer.IsInterested && !peer.IsClosing && !peer.IsSeed && !peer.IsUploadOnly;

    /// <summary>Returns the decision for a peer if the user set zero upload slots: the peer stays choked.</summary>
    private static ChokeDecision NoSlotDecision(in ChokeCandidate peer) =>
        new(false, peer.IsInterested ? ChokeReason.NoSlot : ChokeReason.NotInterested);

    private ChokeCandidate CandidateOf(Peer peer) => new(
        peer.Index,
        CompetesForSlot(peer),
        !peer.AmChoking,
        peer.ChokeReason,
        peer.ConnectedAt,
        peer.UnchokedAt,
        peer.ChokerMeter.Rate,
        peer.UploadMeter.Rate,
        peer.Requests.Count > 0 && !peer.IsChokingUs && swarm.Since(peer.SnubTimerStart) > s_snubbedAfter)
    {
        IsChokingUs = peer.IsChokingUs,
        HasSentData = peer.Downloaded > 0,
        IsInteresting = peer.AmInterested,
    };

    private void Apply(Peer peer, in ChokeDecision decision)
    {
        peer.ChokeReason = decision.Reason;
        peer.ChokeRank = decision.Rank;
        if (peer.IsClosing)
            return;
        if (peer.Wire is { } wire && wire.UploadLimit != decision.UploadLimit)
            wire.UploadLimit = decision.UploadLimit;
        if (decision.IsUnchoked != peer.AmChoking)
            return;
        peer.AmChoking = !decision.IsUnchoked;
        if (decision.IsUnchoked)
        {
            peer.Wire?.SendUnchoke();
            peer.UnchokedAt = swarm.Uptime;
            suggestions.OnUnchoked(peer);
        }
        else
        {
            peer.Wire?.SendChoke();
            peer.ChokedAt = swarm.Uptime;
            peer.RequestsAfterChoke = 0;
            uploads.DropQueue(peer);
        }

        swarm.Peers.Touch(peer);
    }
}
