using System.Buffers.Binary;
using System.Numerics;

namespace TorrentPS.Protocol.Primitives;

/// <summary>A set of pieces in the order of the wire: piece 0 is the high bit of the first byte (BEP 3, "bitfield").</summary>
public sealed class Bitfield
{
    private readonly byte[] _bits;

    /// <summary>An empty set for <paramref name="pieceCount"/> pieces.</summary>
    public Bitfield(int pieceCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pieceCount);
        PieceCount = pieceCount;
        _bits = new byte[ByteLength(pieceCount)];
    }

    /// <summary>How many pieces the set is about.</summary>
    public int PieceCount { get; }

    /// <summary>How many pieces are in the set.</summary>
    public int Count { get; private set; }

    /// <summary>Whether every piece is in the set.</summary>
    public bool IsComplete => Count == PieceCount;

    /// <summary>The bytes as the wire has them; spare bits at the end are zero.</summary>
    public ReadOnlySpan<byte> Bytes => _bits;

    /// <summary>How many bytes a set of so many pieces takes.</summary>
    public static int ByteLength(int pieceCount) => (int)(((long)pieceCount + 7) / 8);

    /// <summary>Whether a piece is in the set; false for a piece that does not exist.</summary>
    public bool Contains(PieceIndex piece) =>
        (uint)piece.Value < (uint)PieceCount && (_bits[piece.Value >> 3] & (0x80 >> (piece.Value & 7))) != 0;

    /// <summary>Puts a piece in.</summary>
    /// <returns>Whether it was not there before.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece.</exception>
    public bool Add(PieceIndex piece)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)piece.Value, (uint)PieceCount, nameof(piece));
        if (Contains(piece))
            return false;
        _bits[piece.Value >> 3] |= (byte)(0x80 >> (piece.Value & 7));
        Count++;
        return true;
    }

    /// <summary>Takes a piece out.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(PieceIndex piece)
    {
        if (!Contains(piece))
            return false;
        _bits[piece.Value >> 3] &= (byte)~(0x80 >> (piece.Value & 7));
        Count--;
        return true;
    }

    /// <summary>Puts every piece in.</summary>
    public void Fill()
    {
        _bits.AsSpan().Fill(0xff);
        ClearSpareBits();
        Count = PieceCount;
    }

    /// <summary>Takes every piece out.</summary>
    public void Clear()
    {
        _bits.AsSpan().Clear();
        Count = 0;
    }

    /// <summary>Replaces the set by bytes from the wire.</summary>
    /// <returns>False, and the set unchanged, when the length is wrong or a spare bit is set.</returns>
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

    /// <summary>A copy that changes on its own.</summary>
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
