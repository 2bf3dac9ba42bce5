using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Snapshots;
using TorrentPS.Engine.Swarm.Handlers;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Engine.Swarm;

/// <summary>Carries out what the choker decides: who may request of us.</summary>
internal sealed class Unchoker(SwarmState swarm, UploadHandler uploads)
{
    /// <summary>A peer that has us unchoked, was asked, and gave nothing for this long is treated as if it choked us.</summary>
    private static readonly TimeSpan s_snubbedAfter = TimeSpan.FromSeconds(60);

    private Choker _choker = Choker.Of(swarm.Settings.Choker, swarm.Random);
    private int? _fixedSlots = swarm.Settings.UploadSlots;
    private readonly UploadSlots _slots = new();
    private ChokeCandidate[] _candidates = [];
    private ChokeDecision[] _decisions = [];
    private TimeSpan _lastRound;

    /// <summary>From now on another rule holds; who is unchoked stays so until its first round.</summary>
    public void Use(ChokerKind kind)
    {
        _choker = Choker.Of(kind, swarm.Random);
        Decide();
    }

    /// <summary>From now on so many peers are served at once; null for as many as fill the uplink.</summary>
    public void UseSlots(int? count)
    {
        _fixedSlots = count;
        Decide();
    }

    /// <summary>Begins a round when its time has come.</summary>
    public void OnTick()
    {
        TimeSpan now = swarm.Uptime;
        if (now - _lastRound < Choker.Round)
            return;
        _lastRound = now;
        int waiting = swarm.Peers.All.Count(peer => peer.IsInterested && peer.AmChoking);
        _slots.OnRound(swarm.Totals.UploadMeter.Rate, swarm.UploadLimit, waiting);
        Decide();
    }

    /// <summary>Decides about everybody: in a round, and whenever somebody came, left or changed its interest.</summary>
    public void Decide()
    {
        if (!swarm.IsActive)
            return;
        IReadOnlyList<Peer> peers = swarm.Peers.All;
        if (_candidates.Length < peers.Count)
        {
            _candidates = new ChokeCandidate[peers.Count * 2];
            _decisions = new ChokeDecision[_candidates.Length];
        }

        for (int i = 0; i < peers.Count; i++)
            _candidates[i] = CandidateOf(peers[i]);
        var terms = new ChokeTerms(_fixedSlots ?? _slots.Count, swarm.State != TorrentState.Downloading, swarm.Uptime);
        _choker.Decide(_candidates.AsSpan(0, peers.Count), terms, _decisions.AsSpan(0, peers.Count));
        for (int i = 0; i < peers.Count; i++)
            Apply(peers[i], _decisions[i]);
    }

    private ChokeCandidate CandidateOf(Peer peer) => new(
        peer.Slot,
        peer.IsInterested && !peer.IsClosing,
        !peer.AmChoking,
        peer.ChokeReason,
        peer.ConnectedAt,
        peer.UnchokedAt,
        peer.DownloadMeter.Rate,
        peer.UploadMeter.Rate,
        peer.Link.Traffic.PayloadSent - peer.SentWhenUnchoked,
        peer.Requests.Count > 0 && !peer.IsChokingUs && swarm.Since(peer.LastBlock) > s_snubbedAfter);

    private void Apply(Peer peer, ChokeDecision decision)
    {
        peer.ChokeReason = decision.Reason;
        peer.ChokeRank = decision.Rank;
        if (peer.Link.UploadLimit != decision.UploadLimit)
            peer.Link.UploadLimit = decision.UploadLimit;
        if (decision.IsUnchoked != peer.AmChoking || peer.IsClosing)
            return;
        peer.AmChoking = !decision.IsUnchoked;
        peer.Link.Send(decision.IsUnchoked ? PeerMessageId.Unchoke : PeerMessageId.Choke);
        if (decision.IsUnchoked)
        {
            peer.UnchokedAt = swarm.Uptime;
            peer.SentWhenUnchoked = peer.Link.Traffic.PayloadSent;
        }
        else
        {
            peer.ChokedAt = swarm.Uptime;
            uploads.DropQueue(peer);
        }

        swarm.Peers.Touch(peer);
    }
}
