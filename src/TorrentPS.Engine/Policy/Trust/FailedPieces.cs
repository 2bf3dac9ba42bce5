using System.Runtime.InteropServices;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Trust;

/// <summary>Pieces whose hash check failed with blocks from several peers, in the order in which they failed.</summary>
/// <remarks>
/// These pieces are requested before others. Each is requested from a single peer that has contributed to a verified
/// piece. Once the piece is verified, <see cref="SmartBan"/> can compare its blocks with the failed ones. Until then
/// the senders of the failed blocks are on parole.
/// </remarks>
internal sealed class FailedPieces
{
    /// <summary>
    /// Maximum number of pieces in the list. Further failed pieces are requested in the normal order. The limit bounds
    /// the time of a search in the list.
    /// </summary>
    public const int Capacity = 64;

    private readonly List<PieceIndex> _pieces = [];

    public ReadOnlySpan<PieceIndex> All => CollectionsMarshal.AsSpan(_pieces);

    /// <summary>
    /// Adds a piece whose hash check failed. Does nothing if the list is full or already contains the piece.
    /// </summary>
    public void Add(PieceIndex piece)
    {
        if (_pieces.Count < Capacity && !_pieces.Contains(piece))
            _pieces.Add(piece);
    }

    public void Remove(PieceIndex piece) => _pieces.Remove(piece);
}
