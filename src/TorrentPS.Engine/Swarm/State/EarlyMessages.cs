using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>
/// The pieces a peer announced before the metadata was known and existing data was checked. They are applied
/// afterwards.
/// </summary>
internal sealed class EarlyMessages
{
    /// <summary>
    /// Pieces of the largest torrent accepted. A piece index beyond it is invalid; the bits of all pieces take 256 KiB.
    /// </summary>
    private static readonly int s_maxPieces = MetainfoLimits.Default.MaxPieces;

    private byte[] _bits = [];
    private bool _isFromBitfield;

    /// <summary>Whether the peer sent have all (BEP 6).</summary>
    public bool HasAll { get; private set; }

    /// <summary>Pieces of allowed fast messages (BEP 6).</summary>
    public List<PieceIndex> AllowedFast { get; } = [];

    /// <summary>Pieces of suggest messages (BEP 6), the latest last.</summary>
    public List<PieceIndex> Suggested { get; } = [];

    /// <summary>Records a have message.</summary>
    /// <returns>False when no torrent has that piece.</returns>
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
    /// Records a bitfield in place of what was announced before. Its length is checked when the number of pieces is
    /// known.
    /// </summary>
    public void SetBitfield(byte[] bits) => (_bits, _isFromBitfield, HasAll) = (bits, true, false);

    /// <summary>Records a have all message.</summary>
    public void SetHasAll() => HasAll = true;

    /// <summary>
    /// Records the piece of an allowed fast or suggest message. The oldest is dropped beyond
    /// <see cref="Peer.MaxFastPieces"/>.
    /// </summary>
    public static void AddFast(List<PieceIndex> pieces, PieceIndex piece)
    {
        if (pieces.Count >= Peer.MaxFastPieces)
            pieces.RemoveAt(0);
        pieces.Add(piece);
    }

    /// <summary>
    /// Gets the announced pieces as a bitfield; null when they do not fit the number of pieces.
    /// </summary>
    public byte[]? BitfieldFor(int pieceCount)
    {
        int length = Bitfield.ByteLength(pieceCount);
        bool fits = _isFromBitfield
            ? _bits.Length == length
            : !_bits.AsSpan(Math.Min(length, _bits.Length)).ContainsAnyExcept((byte)0);
        if (!fits)
            return null;
        Array.Resize(ref _bits, length);
        return _bits;
    }
}
