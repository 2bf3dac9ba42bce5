using System.Runtime.InteropServices;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Trust;

/// <summary>The pieces whose hash check failed with blocks from several peers, the oldest first.</summary>
/// <remarks>
/// These pieces are requested next, each from one proven peer alone. Once a piece is verified, <see cref="SmartBan"/>
/// can compare the blocks. Until then its senders are on parole.
/// </remarks>
internal sealed class FailedPieces
{
    /// <summary>Maximum pieces kept. Further pieces are requested in their normal order.</summary>
    public const int Capacity = 64;

    private readonly List<PieceIndex> _pieces = [];

    /// <summary>The pieces in the order in which to request them.</summary>
    public ReadOnlySpan<PieceIndex> All => CollectionsMarshal.AsSpan(_pieces);

    /// <summary>Adds a piece whose hash check failed, unless the list is full.</summary>
    public void Add(PieceIndex piece)
    {
        if (_pieces.Count < Capacity && !_pieces.Contains(piece))
            _pieces.Add(piece);
    }

    /// <summary>Removes a piece that was verified, or for which a single sender was banned.</summary>
    public void Remove(PieceIndex piece) => _pieces.Remove(piece);
}
