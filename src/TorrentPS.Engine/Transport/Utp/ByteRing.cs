using System.Buffers;
using System.Numerics;

namespace TorrentPS.Engine.Transport.Utp;

/// <summary>
/// A queue of the bytes of a stream, addressed by their positions in the stream. The rented buffer grows with its
/// content. <see cref="Release"/> returns it.
/// </summary>
internal struct ByteRing
{
    private const int InitialLength = 16 * 1024;

    private byte[]? _buffer;
    private int _mask;

    /// <summary>Position of the first byte.</summary>
    public long Start { get; private set; }

    /// <summary>Position after the last byte.</summary>
    public long End { get; private set; }

    public readonly int Count => (int)(End - Start);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_buffer is null || Count + bytes.Length > _mask + 1)
            Grow(Count + bytes.Length);
        int at = (int)End & _mask;
        int first = Math.Min(bytes.Length, _mask + 1 - at);
        bytes[..first].CopyTo(_buffer.AsSpan(at));
        bytes[first..].CopyTo(_buffer);
        End += bytes.Length;
    }

    /// <summary>
    /// Returns bytes of the ring in two parts. The second part is empty unless the bytes wrap around the end of the
    /// buffer.
    /// </summary>
    public readonly void Get(long position, int count, out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
    {
        if (count == 0)
        {
            first = second = [];
            return;
        }

        int at = (int)position & _mask;
        int length = Math.Min(count, _mask + 1 - at);
        first = _buffer.AsSpan(at, length);
        second = _buffer.AsSpan(0, count - length);
    }

    /// <summary>Copies the first bytes and removes them.</summary>
    /// <returns>The number of bytes.</returns>
    public int Read(Span<byte> destination)
    {
        int count = Math.Min(destination.Length, Count);
        Get(Start, count, out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second);
        first.CopyTo(destination);
        second.CopyTo(destination[first.Length..]);
        Start += count;
        return count;
    }

    /// <summary>Removes the bytes before a position.</summary>
    public void RemoveUntil(long position) => Start = Math.Clamp(position, Start, End);

    /// <summary>Removes all bytes, and returns the buffer to the pool.</summary>
    public void Release()
    {
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
        _mask = 0;
        Start = End;
    }

    private void Grow(int count)
    {
        int length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, InitialLength));
        byte[] larger = ArrayPool<byte>.Shared.Rent(length);
        int mask = length - 1;
        if (_buffer is not null)
        {
            Get(Start, Count, out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second);
            Copy(first, larger, Start, mask);
            Copy(second, larger, Start + first.Length, mask);
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
        _mask = mask;
    }

    private static void Copy(ReadOnlySpan<byte> bytes, byte[] ring, long position, int mask)
    {
        int at = (int)position & mask;
        int first = Math.Min(bytes.Length, mask + 1 - at);
        bytes[..first].CopyTo(ring.AsSpan(at));
        bytes[first..].CopyTo(ring);
    }
}
