using System.Buffers;
using System.Numerics;

namespace TorrentPS.Engine.Transport.Utp;

/// <summary>Limits the bytes in the reorder buffers of all connections of a socket.</summary>
internal sealed class ReorderBudget
{
    /// <summary>
    /// Maximum number of bytes. It bounds the memory that hostile peers can fill by never sending a missing packet. A
    /// packet that does not fit is dropped, and its sender sends it again.
    /// </summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    public int Bytes { get; private set; }

    public bool TryTake(int bytes)
    {
        if (Bytes + bytes > MaxBytes)
            return false;
        Bytes += bytes;
        return true;
    }

    public void Return(int bytes) => Bytes -= bytes;
}

/// <summary>Received packets that wait for a missing earlier packet. The payloads are in rented buffers.</summary>
internal sealed class ReorderBuffer(ReorderBudget budget)
{
    /// <summary>
    /// Maximum distance in packets from the last packet received in order. A selective acknowledgement has a bit for
    /// that many packets.
    /// </summary>
    public const int MaxDistance = 2016;

    private const int InitialLength = 32;

    private Slot[] _ring = [];

    /// <summary>Highest sequence number of the waiting packets; valid while packets wait.</summary>
    private ushort _last;

    /// <summary>Number of waiting packets.</summary>
    public int Count { get; private set; }

    /// <summary>Number of waiting bytes.</summary>
    public int Bytes { get; private set; }

    public bool Contains(ushort sequence) =>
        Count > 0 && _ring[sequence & (_ring.Length - 1)] is { Buffer: not null } slot && slot.Sequence == sequence;

    /// <summary>Stores a packet that isn't stored yet, unless the budget is used up.</summary>
    /// <param name="inOrder">Sequence number of the last packet received in order.</param>
    /// <param name="sequence">The packet's sequence number.</param>
    /// <param name="payload">The packet's payload.</param>
    public void TryAdd(ushort inOrder, ushort sequence, ReadOnlySpan<byte> payload)
    {
        if (!budget.TryTake(payload.Length))
            return;
        int distance = (ushort)(sequence - inOrder);
        if (distance >= _ring.Length)
            Grow(distance);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, payload.Length));
        payload.CopyTo(buffer);
        _ring[sequence & (_ring.Length - 1)] = new Slot(sequence, buffer, payload.Length);
        if (Count == 0 || (ushort)(_last - inOrder) < distance)
            _last = sequence;
        Count++;
        Bytes += payload.Length;
    }

    /// <summary>Returns the payload of a stored packet.</summary>
    public ReadOnlySpan<byte> Get(ushort sequence)
    {
        Slot slot = _ring[sequence & (_ring.Length - 1)];
        return slot.Buffer.AsSpan(0, slot.Length);
    }

    public void Remove(ushort sequence)
    {
        ref Slot slot = ref _ring[sequence & (_ring.Length - 1)];
        ArrayPool<byte>.Shared.Return(slot.Buffer);
        budget.Return(slot.Length);
        Count--;
        Bytes -= slot.Length;
        slot = default;
    }

    /// <summary>Writes the bits of a selective acknowledgement.</summary>
    /// <returns>Number of bytes written, a multiple of four.</returns>
    public int WriteSelectiveAck(ushort inOrder, Span<byte> destination)
    {
        int bits = (ushort)(_last - inOrder) - 1;
        int length = Math.Min(destination.Length, (bits + 31) / 32 * 4);
        destination[..length].Clear();
        for (int bit = 0; bit < Math.Min(bits, length * 8); bit++)
        {
            if (Contains((ushort)(inOrder + 2 + bit)))
                destination[bit / 8] |= (byte)(1 << (bit % 8));
        }

        return length;
    }

    /// <summary>Removes all packets.</summary>
    public void Release()
    {
        foreach (Slot slot in _ring)
        {
            if (slot.Buffer is not null)
                ArrayPool<byte>.Shared.Return(slot.Buffer);
        }

        budget.Return(Bytes);
        _ring = [];
        Count = Bytes = 0;
    }

    private void Grow(int distance)
    {
        int length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(InitialLength, distance + 1));
        var larger = new Slot[length];
        foreach (Slot slot in _ring)
        {
            if (slot.Buffer is not null)
                larger[slot.Sequence & (length - 1)] = slot;
        }

        _ring = larger;
    }

    private readonly record struct Slot(ushort Sequence, byte[] Buffer, int Length);
}
