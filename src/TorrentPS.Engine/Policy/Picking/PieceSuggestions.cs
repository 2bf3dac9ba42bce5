using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <summary>
/// Chooses the pieces that a seed suggests to peers (BEP 6, "Suggest Piece"): pieces that no connected peer has.
/// Different peers get different suggestions.
/// </summary>
/// <remarks>
/// Peers that choose at random among the same rare pieces often choose the same one. Without suggestions, a seed that
/// leaves early may have uploaded some pieces twice and others never.
/// </remarks>
internal sealed class PieceSuggestions
{
    /// <summary>
    /// Number of pieces that are suggested to a peer when this client unchokes it. A peer requests only few pieces at
    /// first.
    /// </summary>
    public const int InitialCount = 4;

    /// <summary>
    /// Maximum number of pieces that one call of <see cref="Next"/> examines. It limits the time of the call when the
    /// connected peers have nearly all pieces.
    /// </summary>
    private const int MaxChecked = 256;

    private readonly int[] _order;
    private int _next;

    /// <summary>Creates the suggestions of one torrent.</summary>
    /// <param name="pieceCount">Number of pieces of the torrent.</param>
    /// <param name="random">Shuffles the pieces, so that two seeds suggest different pieces.</param>
    public PieceSuggestions(int pieceCount, Random random)
    {
        _order = new int[pieceCount];
        for (int i = 0; i < pieceCount; i++)
            _order[i] = i;
        random.Shuffle(_order);
    }

    /// <summary>
    /// Returns the next piece that no connected peer has, or null if there is none among the pieces that this call
    /// examines. The next call continues after the last examined piece.
    /// </summary>
    public PieceIndex? Next(PiecePicker picker)
    {
        for (int checks = Math.Min(MaxChecked, _order.Length); checks > 0; checks--)
        {
            var piece = new PieceIndex(_order[_next]);
            _next = (_next + 1) % _order.Length;
            if (picker.AvailabilityOf(piece) == 0)
                return piece;
        }

        return null;
    }
}
