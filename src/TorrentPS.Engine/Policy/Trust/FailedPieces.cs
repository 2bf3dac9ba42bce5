using System.Runtime.InteropServices;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Trust;

/// <summary>The pieces whose hash check failed with blocks from several peers, the oldest first.</summary>
/// <remarks>
/// These pieces are requested before others, each from one peer that has proven itself. Once a piece is verified,
/// <see cref="SmartBan"/> can compare its blocks with the failed ones. Until then the senders of the failed blocks
/// are on parole.
/// </remarks>
internal sealed class FailedPieces
{
    /// <summary>Maximum number of pieces kept. Further failed pieces are requested in the normal order.</summary>
    public const int Capacity = 64;

    private readonly List<PieceIndex> _pieces = [];

    /// <summary>The pieces in the order in which they failed. They should be requested in this order.</summary>
    public ReadOnlySpan<PieceIndex> All => CollectionsMarshal.AsSpan(_pieces);

    /// <summary>Adds a piece whose hash check failed, unless the list is full.</summary>
    public void Add(PieceIndex piece)
    {
        if (_pieces.Count < Capacity && !_pieces.Contains(piece))
            _pieces.Add(piece);
    }

    /// <summary>Removes a piece because it was verified, or because its only sender was banned.</summary>
    public void Remove(PieceIndex piece) => _pieces.Remove(piece);
}
