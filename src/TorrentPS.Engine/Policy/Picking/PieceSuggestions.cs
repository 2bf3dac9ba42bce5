using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Picking;

/// <summary>
/// Which pieces a seed suggests (BEP 6, "Suggest Piece"): those that no peer has yet, each to one peer. Peers that see the same rare
/// pieces and draw among them would often draw the same; a seed that stays briefly would send some twice and others never.
/// </summary>
internal sealed class PieceSuggestions
{
    /// <summary>How many pieces are suggested to a peer ahead of what it gets: about what it has requested.</summary>
    public const int Ahead = 4;

    /// <summary>How many pieces are looked at for one suggestion: in a swarm that has them all the search must cost nothing.</summary>
    private const int MaxLooks = 256;

    private readonly int[] _order;
    private int _next;

    /// <param name="pieceCount">How many pieces there are.</param>
    /// <param name="random">Draws the order: two seeds must not suggest the same.</param>
    public PieceSuggestions(int pieceCount, Random random)
    {
        _order = new int[pieceCount];
        for (int i = 0; i < pieceCount; i++)
            _order[i] = i;
        random.Shuffle(_order);
    }

    /// <summary>The next piece that no connected peer has, or null when none was found soon.</summary>
    public PieceIndex? Next(PiecePicker picker)
    {
        for (int looks = Math.Min(MaxLooks, _order.Length); looks > 0; looks--)
        {
            var piece = new PieceIndex(_order[_next]);
            _next = (_next + 1) % _order.Length;
            if (picker.AvailabilityOf(piece) == 0)
                return piece;
        }

        return null;
    }
}
