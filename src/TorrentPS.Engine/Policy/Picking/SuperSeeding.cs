using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <summary>Which pieces a seed that feigns to have none shows to whom (BEP 16).</summary>
/// <remarks>
/// Each peer is shown one piece, of those fewest have or were shown; the next when another peer has got that piece, which it can only
/// have from the first. So the seed uploads little more than one copy, and spends it on those who pass it on.
/// </remarks>
/// <param name="pieceCount">How many pieces there are.</param>
/// <param name="random">Chooses among pieces equally rare.</param>
internal sealed class SuperSeeding(int pieceCount, Random random)
{
    private readonly int[] _shownTo = new int[pieceCount];
    private readonly List<Shown?> _peers = [];

    /// <summary>Whether a peer was shown a piece.</summary>
    public bool WasShown(PeerIndex peer, PieceIndex piece) => Find(peer) is { } shown && shown.Pieces.Contains(piece);

    /// <summary>Begins to show a peer pieces.</summary>
    public void Join(PeerIndex peer)
    {
        while (_peers.Count <= peer.Value)
            _peers.Add(null);
        _peers[peer.Value] = new Shown(pieceCount);
    }

    /// <summary>The peer is gone, or is told everything: what was shown to it is no longer on its way to others.</summary>
    public void Leave(PeerIndex peer)
    {
        if (Find(peer) is not { } shown)
            return;
        for (int i = 0; i < pieceCount; i++)
            _shownTo[i] -= shown.Pieces.Contains(new PieceIndex(i)) ? 1 : 0;
        _peers[peer.Value] = null;
    }

    /// <summary>A peer got a piece: whom it was shown to has passed it on.</summary>
    /// <param name="peer">Who has it now.</param>
    /// <param name="piece">The piece.</param>
    /// <param name="free">Receives the peers that are to be shown another piece.</param>
    public void OnHave(PeerIndex peer, PieceIndex piece, List<PeerIndex> free)
    {
        for (int i = 0; i < _peers.Count; i++)
        {
            if (i != peer.Value && _peers[i] is { } other && other.Last == piece)
            {
                other.Last = null;
                free.Add(new PeerIndex(i));
            }
        }
    }

    /// <summary>The next piece for a peer, if it has none before it that nobody else has got.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="has">What it has.</param>
    /// <param name="availability">How many connected peers have each piece, the seed not counted.</param>
    public PieceIndex? Next(PeerIndex peer, Bitfield has, Func<PieceIndex, int> availability)
    {
        if (Find(peer) is not { Last: null } shown)
            return null;
        PieceIndex? best = null;
        int fewest = int.MaxValue;
        int ties = 0;
        for (int i = 0; i < pieceCount; i++)
        {
            var piece = new PieceIndex(i);
            if (has.Contains(piece) || shown.Pieces.Contains(piece))
                continue;
            int copies = availability(piece) + _shownTo[i];
            if (copies > fewest)
                continue;
            ties = copies < fewest ? 1 : ties + 1;
            fewest = copies;
            if (random.Next(ties) == 0)
                best = piece;
        }

        if (best is { } chosen)
        {
            shown.Last = chosen;
            shown.Pieces.Add(chosen);
            _shownTo[chosen.Value]++;
        }

        return best;
    }

    /// <summary>A peer whom nobody can take the piece from, since no other lacks it, need not wait.</summary>
    public void Release(PeerIndex peer)
    {
        if (Find(peer) is { } shown)
            shown.Last = null;
    }

    /// <summary>The piece that a peer was shown last and nobody else has got; null when there is none.</summary>
    public PieceIndex? LastShownTo(PeerIndex peer) => Find(peer)?.Last;

    private Shown? Find(PeerIndex peer) => (uint)peer.Value < (uint)_peers.Count ? _peers[peer.Value] : null;

    private sealed class Shown(int pieceCount)
    {
        public Bitfield Pieces { get; } = new(pieceCount);

        public PieceIndex? Last { get; set; }
    }
}
