using System.Buffers.Binary;
using System.Numerics;

namespace TorrentPS.Protocol.Primitives;

/// <summary>
/// A set of pieces of one torrent, stored in the layout of the bitfield message: piece 0 is the highest bit of the
/// first byte (BEP 3).
/// </summary>
public sealed class Bitfield
{
    private readonly byte[] _bits;

    /// <summary>Creates an empty set for a torrent of <paramref name="pieceCount"/> pieces.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number of pieces is negative.</exception>
    public Bitfield(int pieceCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pieceCount);
        PieceCount = pieceCount;
        _bits = new byte[ByteLength(pieceCount)];
    }

    /// <summary>Number of pieces in the torrent.</summary>
    public int PieceCount { get; }

    /// <summary>Number of pieces in the set.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the set contains every piece of the torrent.</summary>
    public bool IsComplete => Count == PieceCount;

    /// <summary>
    /// Gets the set in the format of a bitfield message (BEP 3), without copying it. The spare bits of the last byte
    /// are zero.
    /// </summary>
    public ReadOnlySpan<byte> Bytes => _bits;

    /// <summary>
    /// Returns the length in bytes of a bitfield for <paramref name="pieceCount"/> pieces, one bit each.
    /// </summary>
    public static int ByteLength(int pieceCount) => (int)(((long)pieceCount + 7) / 8);

    /// <summary>Returns whether the set contains a piece. Returns false for an index outside the torrent.</summary>
    public bool Contains(PieceIndex piece) =>
        (uint)piece.Value < (uint)PieceCount && (_bits[piece.Value >> 3] & (0x80 >> (piece.Value & 7))) != 0;

    /// <summary>Adds a piece to the set.</summary>
    /// <returns>True if the piece was not in the set before.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the torrent.</exception>
    public bool Add(PieceIndex piece)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)piece.Value, (uint)PieceCount, nameof(piece));
        if (Contains(piece))
            return false;
        _bits[piece.Value >> 3] |= (byte)(0x80 >> (piece.Value & 7));
        Count++;
        return true;
    }

    /// <summary>Removes a piece from the set.</summary>
    /// <returns>True if the piece was in the set before. An index outside the torrent is never in the set.</returns>
    public bool Remove(PieceIndex piece)
    {
        if (!Contains(piece))
            return false;
        _bits[piece.Value >> 3] &= (byte)~(0x80 >> (piece.Value & 7));
        Count--;
        return true;
    }

    /// <summary>Adds every piece of the torrent to the set.</summary>
    public void Fill()
    {
        _bits.AsSpan().Fill(0xff);
        ClearSpareBits();
        Count = PieceCount;
    }

    /// <summary>Removes every piece from the set.</summary>
    public void Clear()
    {
        _bits.AsSpan().Clear();
        Count = 0;
    }

    /// <summary>Replaces the set by the pieces in the payload of a bitfield message.</summary>
    /// <returns>
    /// False if the length is wrong or a spare bit of the last byte is set. The set is then unchanged.
    /// </returns>
    public bool TryLoad(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != _bits.Length)
            return false;
        int spare = (_bits.Length * 8) - PieceCount;
        if (spare > 0 && (bytes[^1] & ((1 << spare) - 1)) != 0)
            return false;
        bytes.CopyTo(_bits);
        Count = CountBits(_bits);
        return true;
    }

    /// <summary>Returns an independent copy of the set.</summary>
    public Bitfield Clone()
    {
        var copy = new Bitfield(PieceCount) { Count = Count };
        _bits.CopyTo(copy._bits, 0);
        return copy;
    }

    private static int CountBits(ReadOnlySpan<byte> bytes)
    {
        int count = 0;
        while (bytes.Length >= sizeof(ulong))
        {
            count += BitOperations.PopCount(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte b in bytes)
            count += BitOperations.PopCount(b);
        return count;
    }

    private void ClearSpareBits()
    {
        int spare = (_bits.Length * 8) - PieceCount;
        if (spare > 0)
            _bits[^1] &= (byte)(0xff << spare);
    }
}
