using TorrentPS.Engine.Policy;

namespace TorrentPS.Engine.Tests.Policy;

/// <summary>Some peers, a clock and a choker whose decisions are carried out.</summary>
internal sealed class ChokeTable
{
    private readonly TitForTatChoker _choker;
    private readonly ChokeCandidate[] _peers;
    private readonly bool _seeding;

    public ChokeTable(int count, Func<ChokeCandidate, ChokeCandidate> make, int seed = 1, bool seeding = false)
    {
        _choker = new TitForTatChoker(new Random(seed));
        _seeding = seeding;
        _peers =
        [
            .. Enumerable.Range(0, count).Select(i => make(
                new ChokeCandidate(new PeerSlot(i), true, false, ChokeReason.NotInterested, TimeSpan.Zero, null, 0, 0, 0, false))),
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

    public void Run(int slots)
    {
        var decisions = new ChokeDecision[_peers.Length];
        _choker.Decide(_peers, new ChokeTerms(slots, _seeding, Now), decisions);
        for (int i = 0; i < decisions.Length; i++)
        {
            bool isNew = decisions[i].IsUnchoked && !_peers[i].IsUnchoked;
            _peers[i] = _peers[i] with
            {
                IsUnchoked = decisions[i].IsUnchoked,
                Reason = decisions[i].Reason,
                UnchokedAt = isNew ? Now : _peers[i].UnchokedAt,
                TakenSinceUnchoke = isNew ? 0 : _peers[i].TakenSinceUnchoke,
            };
        }
    }
}
