using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Krpc;

/// <summary>A point of the DHT's 160-bit space: a node, a torrent or an item; their distance is the XOR of both (BEP 5, "overview").</summary>
[StructLayout(LayoutKind.Sequential, Pack = sizeof(uint))]
public readonly struct NodeId : IEquatable<NodeId>, IComparable<NodeId>
{
    /// <summary>The length in bytes.</summary>
    public const int Length = 20;

    /// <summary>The length in bits.</summary>
    public const int Bits = Length * 8;

    private readonly ulong _high;
    private readonly ulong _middle;
    private readonly uint _low;

    /// <summary>Copies the value from exactly <see cref="Length"/> bytes.</summary>
    /// <exception cref="ArgumentException">The span has another length.</exception>
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

    /// <summary>The point at which a torrent's peers are kept.</summary>
    public static NodeId Of(InfoHash hash) => new(hash.Span);

    /// <summary>Any point, each as likely.</summary>
    public static NodeId Random(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> bytes = stackalloc byte[Length];
        random.NextBytes(bytes);
        return new NodeId(bytes);
    }

    /// <summary>Any point that shares exactly so many leading bits with this one.</summary>
    /// <param name="prefixLength">0 to <see cref="Bits"/> - 1.</param>
    /// <param name="random">The source of the other bits.</param>
    public NodeId RandomNeighbour(int prefixLength, Random random)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)prefixLength, (uint)Bits, nameof(prefixLength));
        Span<byte> bytes = stackalloc byte[Length];
        Span<byte> own = stackalloc byte[Length];
        Random(random).CopyTo(bytes);
        CopyTo(own);
        (int whole, int bits) = Math.DivRem(prefixLength, 8);
        own[..whole].CopyTo(bytes);
        int keep = 0xff00 >> bits & 0xff;
        int differs = 0x80 >> bits;
        bytes[whole] = (byte)((own[whole] & keep) | (~own[whole] & differs) | (bytes[whole] & ~(keep | differs)));
        return new NodeId(bytes);
    }

    /// <summary>The info hash of the same bytes.</summary>
    public InfoHash ToInfoHash()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        return new InfoHash(bytes);
    }

    /// <summary>Writes the bytes.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _middle);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], _low);
    }

    /// <summary>The XOR of both.</summary>
    public NodeId DistanceTo(NodeId other) => new(_high ^ other._high, _middle ^ other._middle, _low ^ other._low);

    /// <summary>How many leading bits both share; <see cref="Bits"/> when they are equal.</summary>
    public int CommonPrefixLength(NodeId other)
    {
        NodeId distance = DistanceTo(other);
        if (distance._high != 0)
            return BitOperations.LeadingZeroCount(distance._high);
        return distance._middle != 0
            ? 64 + BitOperations.LeadingZeroCount(distance._middle)
            : 128 + BitOperations.LeadingZeroCount(distance._low);
    }

    /// <summary>Orders two points by their distance to this one: negative when <paramref name="left"/> is the nearer.</summary>
    public int CompareDistance(NodeId left, NodeId right) => DistanceTo(left).CompareTo(DistanceTo(right));

    /// <inheritdoc/>
    public bool Equals(NodeId other) => _high == other._high && _middle == other._middle && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NodeId other && Equals(other);

    /// <summary>The same in every process, so that nothing depends on a process's seed.</summary>
    public override int GetHashCode() => (int)(((_high ^ _middle ^ _low) * 0x9e3779b97f4a7c15) >> 32);

    /// <inheritdoc/>
    public int CompareTo(NodeId other)
    {
        if (_high != other._high)
            return _high < other._high ? -1 : 1;
        return _middle != other._middle ? _middle.CompareTo(other._middle) : _low.CompareTo(other._low);
    }

    /// <summary>Lower-case hexadecimal.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Reads 40 hexadecimal digits.</summary>
    public static bool TryParse(string? text, out NodeId id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (text?.Length != Length * 2 || Convert.FromHexString(text, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        id = new NodeId(bytes);
        return true;
    }

    /// <summary>Compares all bits.</summary>
    public static bool operator ==(NodeId left, NodeId right) => left.Equals(right);

    /// <summary>Compares all bits.</summary>
    public static bool operator !=(NodeId left, NodeId right) => !left.Equals(right);

    /// <summary>Orders as numbers of 160 bits.</summary>
    public static bool operator <(NodeId left, NodeId right) => left.CompareTo(right) < 0;

    /// <summary>Orders as numbers of 160 bits.</summary>
    public static bool operator >(NodeId left, NodeId right) => left.CompareTo(right) > 0;

    /// <summary>Orders as numbers of 160 bits.</summary>
    public static bool operator <=(NodeId left, NodeId right) => left.CompareTo(right) <= 0;

    /// <summary>Orders as numbers of 160 bits.</summary>
    public static bool operator >=(NodeId left, NodeId right) => left.CompareTo(right) >= 0;
}
