using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <summary>Chooses the pieces that a super-seeding torrent advertises to each peer (BEP 16).</summary>
/// <remarks>
/// The seed claims to have no pieces and advertises single pieces with Have messages. The next piece is advertised to
/// a peer when another peer reports to have the previous one, because the first peer has probably uploaded it. So the
/// seed uploads little more than one copy of each piece.
/// </remarks>
/// <param name="pieceCount">Number of pieces of the torrent.</param>
/// <param name="random">Chooses among equally rare pieces.</param>
internal sealed class SuperSeeding(int pieceCount, Random random)
{
    private readonly int[] _shownTo = new int[pieceCount];
    private readonly List<Shown?> _peers = [];

    /// <summary>Whether a piece was advertised to a peer.</summary>
    public bool WasShown(PeerIndex peer, PieceIndex piece) => Find(peer) is { } shown && shown.Pieces.Contains(piece);

    /// <summary>Adds a peer to which no piece was advertised yet.</summary>
    public void Join(PeerIndex peer)
    {
        while (_peers.Count <= peer.Value)
            _peers.Add(null);
        _peers[peer.Value] = new Shown(pieceCount);
    }

    /// <summary>
    /// Removes a peer, if it was added. The pieces advertised to it no longer count as copies.
    /// </summary>
    public void Leave(PeerIndex peer)
    {
        if (Find(peer) is not { } shown)
            return;
        for (int i = 0; i < pieceCount; i++)
            _shownTo[i] -= shown.Pieces.Contains(new PieceIndex(i)) ? 1 : 0;
        _peers[peer.Value] = null;
    }

    /// <summary>
    /// Handles a Have message from a peer. If the piece is the last one advertised to another peer, that peer has
    /// probably uploaded it and gets another piece.
    /// </summary>
    /// <param name="peer">The peer that has the piece now.</param>
    /// <param name="piece">The piece.</param>
    /// <param name="free">The list to which the peers that get another piece are added.</param>
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

    /// <summary>
    /// Chooses the next piece to advertise to a peer, and records it. Returns null while no other peer has reported
    /// the previous piece, or if no piece is left.
    /// </summary>
    /// <remarks>
    /// Chooses the piece with the fewest copies. Peers to which it was advertised count as copies. Equally rare pieces
    /// are drawn at random.
    /// </remarks>
    /// <param name="peer">The peer.</param>
    /// <param name="has">The pieces of the peer.</param>
    /// <param name="availability">Returns how many connected peers have a piece.</param>
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

    /// <summary>
    /// Allows another piece for a peer without waiting for the previous one. Used when no other peer lacks the
    /// previous piece.
    /// </summary>
    public void Release(PeerIndex peer)
    {
        if (Find(peer) is { } shown)
            shown.Last = null;
    }

    /// <summary>
    /// Returns the last piece advertised to a peer, unless another peer has reported it since; null if there is none.
    /// </summary>
    public PieceIndex? LastShownTo(PeerIndex peer) => Find(peer)?.Last;

    private Shown? Find(PeerIndex peer) => (uint)peer.Value < (uint)_peers.Count ? _peers[peer.Value] : null;

    private sealed class Shown(int pieceCount)
    {
        public Bitfield Pieces { get; } = new(pieceCount);

        public PieceIndex? Last { get; set; }
    }
}
