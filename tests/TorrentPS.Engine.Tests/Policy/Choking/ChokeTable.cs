using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Choking;

namespace TorrentPS.Engine.Tests.Policy.Choking;

/// <summary>Peers, a clock and a choker whose decisions are applied to the peers.</summary>
internal sealed class ChokeTable
{
    private readonly Choker _choker;
    private readonly ChokeCandidate[] _peers;
    private TimeSpan? _lastRound;
    private int?[] _ranks = [];
    private long?[] _limits = [];

    public ChokeTable(int count, Func<ChokeCandidate, ChokeCandidate> make, int seed = 1, Choker? choker = null)
    {
        _choker = choker ?? new TitForTatChoker(new Random(seed));
        _peers =
        [
            .. Enumerable.Range(0, count).Select(i => make(
                new ChokeCandidate(
                    new PeerIndex(i), true, false, ChokeReason.NotInterested, TimeSpan.Zero, null, 0, 0, false))),
        ];
    }

    public TimeSpan Now { get; private set; }

    public int[] Unchoked => [.. _peers.Where(p => p.IsUnchoked).Select(p => p.Peer.Value)];

    public int[] With(ChokeReason reason) => [.. _peers.Where(p => p.Reason == reason).Select(p => p.Peer.Value)];

    public void Advance(TimeSpan time) => Now += time;

    public void Change(Func<ChokeCandidate, ChokeCandidate> change)
    {
        for (int i = 0; i < _peers.Length; i++)
            _peers[i] = change(_peers[i]);
    }

    public int?[] Ranks => [.. _ranks];

    public long?[] Limits => [.. _limits];

    /// <summary>Runs the choker. The first run, and each run after a round has passed, is a round.</summary>
    public void Run(int slots, Func<ChokeInputs, ChokeInputs>? with = null)
    {
        bool isRound = _lastRound is not { } last || Now - last >= Choker.RoundInterval;
        if (isRound)
            _lastRound = Now;
        var inputs = new ChokeInputs(slots, isRound, Now);
        var decisions = new ChokeDecision[_peers.Length];
        _choker.Decide(_peers, with?.Invoke(inputs) ?? inputs, decisions);
        _ranks = [.. decisions.Select(decision => decision.Rank)];
        _limits = [.. decisions.Select(decision => decision.UploadLimit)];
        for (int i = 0; i < decisions.Length; i++)
        {
            bool isNew = decisions[i].IsUnchoked && !_peers[i].IsUnchoked;
            _peers[i] = _peers[i] with
            {
                IsUnchoked = decisions[i].IsUnchoked,
                Reason = decisions[i].Reason,
                UnchokedAt = isNew ? Now : _peers[i].UnchokedAt,
            };
        }
    }
}
