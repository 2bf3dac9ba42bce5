using System.Runtime.InteropServices;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Trust;

/// <summary>
/// Pieces that were wrong with several senders, oldest first. Fetched next by one proven peer alone, each tells by comparison who of
/// the senders is to blame; until then they are all in doubt.
/// </summary>
internal sealed class FailedPieces
{
    /// <summary>How many are remembered; one more is fetched like any other piece.</summary>
    public const int Capacity = 64;

    private readonly List<PieceIndex> _pieces = [];

    /// <summary>The pieces in the order to fetch them.</summary>
    public ReadOnlySpan<PieceIndex> All => CollectionsMarshal.AsSpan(_pieces);

    /// <summary>A piece was wrong.</summary>
    public void Add(PieceIndex piece)
    {
        if (_pieces.Count < Capacity && !_pieces.Contains(piece))
            _pieces.Add(piece);
    }

    /// <summary>A piece is right, or known to be one peer's fault.</summary>
    public void Remove(PieceIndex piece) => _pieces.Remove(piece);
}
