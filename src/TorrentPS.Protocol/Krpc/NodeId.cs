using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Krpc;

/// <summary>
/// A 160-bit id of a DHT node, torrent or item. The distance between two ids is their XOR (BEP 5, "overview").
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = sizeof(uint))]
public readonly struct NodeId : IEquatable<NodeId>, IComparable<NodeId>
{
    /// <summary>Length of an id in bytes: 20.</summary>
    public const int Length = 20;

    /// <summary>Length of an id in bits: 160.</summary>
    public const int Bits = Length * 8;

    private readonly ulong _high;
    private readonly ulong _middle;
    private readonly uint _low;

    /// <summary>Creates an id from exactly <see cref="Length"/> bytes, in network byte order.</summary>
    /// <exception cref="ArgumentException">The span does not have <see cref="Length"/> bytes.</exception>
    public NodeId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"Expected {Length} bytes, got {bytes.Length}.", nameof(bytes));
        _high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _middle = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _low = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
    }

    private NodeId(ulong high, ulong middle, uint low)
    {
        _high = high;
        _middle = middle;
        _low = low;
    }

    /// <summary>Returns the id under which the peers of a torrent are stored: the bytes of its info hash.</summary>
    public static NodeId FromInfoHash(InfoHash hash) => new(hash.Span);

    /// <summary>Returns a random id. Every id is equally likely.</summary>
    public static NodeId Random(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> bytes = stackalloc byte[Length];
        random.NextBytes(bytes);
        return new NodeId(bytes);
    }

    /// <summary>
    /// Returns a random id that has exactly the first <paramref name="prefixLength"/> bits in common with this id.
    /// </summary>
    /// <param name="prefixLength">
    /// The number of leading bits in common, from 0 to <see cref="Bits"/> - 1. The bit after them differs.
    /// </param>
    /// <param name="random">Random number generator for the remaining bits.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The prefix length is negative or at least <see cref="Bits"/>.
    /// </exception>
    public NodeId RandomWithPrefix(int prefixLength, Random random)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)prefixLength, (uint)Bits, nameof(prefixLength));
        Span<byte> bytes = stackalloc byte[Length];
        Span<byte> prefix = stackalloc byte[Length];
        Random(random).CopyTo(bytes);
        CopyTo(prefix);
        (int whole, int bits) = Math.DivRem(prefixLength, 8);
        prefix[..whole].CopyTo(bytes);
        int keep = 0xff00 >> bits & 0xff;
        int differs = 0x80 >> bits;
        bytes[whole] = (byte)((prefix[whole] & keep) | (~prefix[whole] & differs) | (bytes[whole] & ~(keep | differs)));
        return new NodeId(bytes);
    }

    /// <summary>Returns the info hash with the same bytes.</summary>
    public InfoHash ToInfoHash()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        return new InfoHash(bytes);
    }

    /// <summary>Writes the id in network byte order.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _middle);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], _low);
    }

    /// <summary>Returns the XOR distance to another id (BEP 5, "overview").</summary>
    public NodeId DistanceTo(NodeId other) => new(_high ^ other._high, _middle ^ other._middle, _low ^ other._low);

    /// <summary>
    /// Returns the number of leading bits that the two ids have in common: <see cref="Bits"/> if they are equal.
    /// </summary>
    public int CommonPrefixLength(NodeId other)
    {
        NodeId distance = DistanceTo(other);
        if (distance._high != 0)
            return BitOperations.LeadingZeroCount(distance._high);
        return distance._middle != 0
            ? 64 + BitOperations.LeadingZeroCount(distance._middle)
            : 128 + BitOperations.LeadingZeroCount(distance._low);
    }

    /// <summary>
    /// Compares the distances of two ids to this id. Returns a negative number if <paramref name="left"/> is closer, 0
    /// if the ids are equal, and a positive number if <paramref name="right"/> is closer.
    /// </summary>
    public int CompareDistance(NodeId left, NodeId right) => DistanceTo(left).CompareTo(DistanceTo(right));

    /// <inheritdoc/>
    public bool Equals(NodeId other) => _high == other._high && _middle == other._middle && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NodeId other && Equals(other);

    /// <summary>Computes a hash code that is the same in every process, so that simulations are reproducible.</summary>
    public override int GetHashCode() => (int)(((_high ^ _middle ^ _low) * 0x9e3779b97f4a7c15) >> 32);

    /// <inheritdoc/>
    public int CompareTo(NodeId other)
    {
        if (_high != other._high)
            return _high < other._high ? -1 : 1;
        return _middle != other._middle ? _middle.CompareTo(other._middle) : _low.CompareTo(other._low);
    }

    /// <summary>Returns the id as 40 lower-case hexadecimal digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Parses an id from 40 hexadecimal digits.</summary>
    /// <returns>False if the text is null or not exactly 40 hexadecimal digits.</returns>
    public static bool TryParse(string? text, out NodeId id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (text?.Length != Length * 2
            || Convert.FromHexString(text, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        id = new NodeId(bytes);
        return true;
    }

    /// <summary>Returns whether the two ids are equal.</summary>
    public static bool operator ==(NodeId left, NodeId right) => left.Equals(right);

    /// <summary>Returns whether the two ids differ.</summary>
    public static bool operator !=(NodeId left, NodeId right) => !left.Equals(right);

    /// <summary>
    /// Returns whether the left id is less than the right one. The ids are compared as unsigned 160-bit numbers.
    /// </summary>
    public static bool operator <(NodeId left, NodeId right) => left.CompareTo(right) < 0;

    /// <summary>
    /// Returns whether the left id is greater than the right one. The ids are compared as unsigned 160-bit numbers.
    /// </summary>
    public static bool operator >(NodeId left, NodeId right) => left.CompareTo(right) > 0;

    /// <summary>
    /// Returns whether the left id is less than or equal to the right one. The ids are compared as unsigned 160-bit
    /// numbers.
    /// </summary>
    public static bool operator <=(NodeId left, NodeId right) => left.CompareTo(right) <= 0;

    /// <summary>
    /// Returns whether the left id is greater than or equal to the right one. The ids are compared as unsigned 160-bit
    /// numbers.
    /// </summary>
    public static bool operator >=(NodeId left, NodeId right) => left.CompareTo(right) >= 0;
}
