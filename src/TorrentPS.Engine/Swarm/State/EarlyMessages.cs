using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>
/// The announcements about pieces that a peer sent before the metadata was known and existing data was checked. The
/// swarm loop applies them after that check.
/// </summary>
internal sealed class EarlyMessages
{
    /// <summary>
    /// Maximum number of pieces of a torrent that this client accepts. A have message whose piece index is not below
    /// this number is refused, so that the recorded pieces of a peer take at most 256 KiB.
    /// </summary>
    private static readonly int s_maxPieces = MetainfoLimits.Default.MaxPieces;

    private byte[] _bits = [];
    private bool _isFromBitfield;

    /// <summary>Whether the peer sent a have all message (BEP 6) and no bitfield after it.</summary>
    public bool HasAll { get; private set; }

    /// <summary>
    /// Pieces in the peer's allowed fast messages (BEP 6), oldest first. Their number is limited to
    /// <see cref="Peer.MaxFastPieces"/>.
    /// </summary>
    public List<PieceIndex> AllowedFast { get; } = [];

    /// <summary>
    /// Pieces in the peer's suggest piece messages (BEP 6), oldest first. Their number is limited to
    /// <see cref="Peer.MaxFastPieces"/>.
    /// </summary>
    public List<PieceIndex> Suggested { get; } = [];

    /// <summary>Whether a piece is recorded from a have message or the bitfield.</summary>
    public bool Contains(PieceIndex piece)
    {
        int index = piece.Value >> 3;
        return (uint)index < (uint)_bits.Length && (_bits[index] & (0x80 >> (piece.Value & 7))) != 0;
    }

    /// <summary>Records the piece of a have message.</summary>
    /// <returns>
    /// False if the index is too high for any torrent that this client accepts. The piece is then not recorded.
    /// </returns>
    public bool TryAddHave(PieceIndex piece)
    {
        if ((uint)piece.Value >= (uint)s_maxPieces)
            return false;
        int index = piece.Value >> 3;
        if (index >= _bits.Length)
            Array.Resize(ref _bits, Math.Max(index + 1, Math.Min(_bits.Length * 2, Bitfield.ByteLength(s_maxPieces))));
        _bits[index] |= (byte)(0x80 >> (piece.Value & 7));
        return true;
    }

    /// <summary>
    /// Records the peer's bitfield. It replaces the pieces of all earlier have messages and an earlier have all
    /// message. The length of the bitfield is checked by <see cref="BitfieldFor"/>.
    /// </summary>
    /// <param name="bits">The bytes of the bitfield. This object keeps and changes the array.</param>
    public void SetBitfield(byte[] bits) => (_bits, _isFromBitfield, HasAll) = (bits, true, false);

    public void SetHasAll() => HasAll = true;

    /// <summary>
    /// Adds the piece of an allowed fast or suggest piece message to a list. If the list already has
    /// <see cref="Peer.MaxFastPieces"/> pieces, the oldest piece is removed.
    /// </summary>
    /// <returns>False if the oldest piece was removed.</returns>
    public static bool AddFast(List<PieceIndex> pieces, PieceIndex piece)
    {
        bool hasRoom = pieces.Count < Peer.MaxFastPieces;
        if (!hasRoom)
            pieces.RemoveAt(0);
        pieces.Add(piece);
        return hasRoom;
    }

    /// <summary>
    /// Returns the pieces recorded from bitfield and have messages, as the bytes of a bitfield. A have all message does
    /// not change the result.
    /// </summary>
    /// <param name="pieceCount">The number of pieces in the torrent.</param>
    /// <returns>
    /// Null if the peer sent a bitfield of a wrong length, or a have message for a piece that the torrent does not
    /// have.
    /// </returns>
    public byte[]? BitfieldFor(int pieceCount)
    {
        int length = Bitfield.ByteLength(pieceCount);
        bool isValid = _isFromBitfield
            ? _bits.Length == length
            : !_bits.AsSpan(Math.Min(length, _bits.Length)).ContainsAnyExcept((byte)0);
        if (!isValid)
            return null;
        Array.Resize(ref _bits, length);
        return _bits;
    }
}
