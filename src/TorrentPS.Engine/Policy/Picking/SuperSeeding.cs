using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <summary>Chooses the pieces that a super-seeding torrent advertises to each peer (BEP 16).</summary>
/// <remarks>
/// The seed claims to have no pieces and advertises single pieces with have messages. After a piece was advertised to a
/// peer, the seed waits until another peer reports the same piece. The first peer has then probably uploaded that
/// piece, and gets the next one. So the seed uploads little more than one copy of each piece.
/// </remarks>
/// <param name="pieceCount">Number of pieces of the torrent.</param>
/// <param name="random">Chooses among equally rare pieces.</param>
internal sealed class SuperSeeding(int pieceCount, Random random)
{
    private readonly int[] _advertisedTo = new int[pieceCount];
    private readonly List<Advertised?> _peers = [];

    public bool WasAdvertised(PeerIndex peer, PieceIndex piece) =>
        Find(peer) is { } advertised && advertised.Pieces.Contains(piece);

    public void AddPeer(PeerIndex peer)
    {
        while (_peers.Count <= peer.Value)
            _peers.Add(null);
        _peers[peer.Value] = new Advertised(pieceCount);
    }

    /// <summary>
    /// Removes a peer and the record of the pieces that were advertised to the peer. Does nothing if the peer was not
    /// added.
    /// </summary>
    public void RemovePeer(PeerIndex peer)
    {
        if (Find(peer) is not { } advertised)
            return;
        for (int i = 0; i < pieceCount; i++)
            _advertisedTo[i] -= advertised.Pieces.Contains(new PieceIndex(i)) ? 1 : 0;
        _peers[peer.Value] = null;
    }

    /// <summary>
    /// Handles a have message from a peer. If the piece is the last one advertised to another peer, that peer has
    /// probably uploaded it and gets another piece.
    /// </summary>
    /// <param name="peer">The peer that sent the message.</param>
    /// <param name="piece">The piece.</param>
    /// <param name="free">The peers that get another piece are added to this list.</param>
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
    /// Chooses the next piece to advertise to a peer, and records it. Returns null if no other peer has reported the
    /// previous piece yet, or if no piece is left.
    /// </summary>
    /// <remarks>
    /// Chooses the piece with the fewest copies. Both the peers that have a piece and the peers to which it was
    /// advertised count as copies. Equally rare pieces are drawn at random.
    /// </remarks>
    /// <param name="peer">The peer.</param>
    /// <param name="has">The pieces of the peer.</param>
    /// <param name="availability">Returns how many connected peers have a piece.</param>
    public PieceIndex? Next(PeerIndex peer, Bitfield has, Func<PieceIndex, int> availability)
    {
        if (Find(peer) is not { Last: null } advertised)
            return null;
        PieceIndex? best = null;
        int fewest = int.MaxValue;
        int ties = 0;
        for (int i = 0; i < pieceCount; i++)
        {
            var piece = new PieceIndex(i);
            if (has.Contains(piece) || advertised.Pieces.Contains(piece))
                continue;
            int copies = availability(piece) + _advertisedTo[i];
            if (copies > fewest)
                continue;
            ties = copies < fewest ? 1 : ties + 1;
            fewest = copies;
            if (random.Next(ties) == 0)
                best = piece;
        }

        if (best is { } chosen)
        {
            advertised.Last = chosen;
            advertised.Pieces.Add(chosen);
            _advertisedTo[chosen.Value]++;
        }

        return best;
    }

    /// <summary>
    /// Allows another piece for a peer although no other peer has reported the previous one. This is needed when
    /// all other peers already have the previous piece, because no peer will send a have message for it.
    /// </summary>
    public void AllowNext(PeerIndex peer)
    {
        if (Find(peer) is { } advertised)
            advertised.Last = null;
    }

    /// <summary>
    /// Returns the last piece advertised to a peer; null if there is none, or if another peer has reported it since.
    /// </summary>
    public PieceIndex? LastAdvertisedTo(PeerIndex peer) => Find(peer)?.Last;

    private Advertised? Find(PeerIndex peer) => (uint)peer.Value < (uint)_peers.Count ? _peers[peer.Value] : null;

    private sealed class Advertised(int pieceCount)
    {
        public Bitfield Pieces { get; } = new(pieceCount);

        public PieceIndex? Last { get; set; }
    }
}
