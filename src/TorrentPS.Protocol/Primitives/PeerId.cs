using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace TorrentPS.Protocol.Primitives;

/// <summary>How a peer names itself in the handshake and to trackers: 20 bytes (BEP 3, BEP 20).</summary>
public readonly struct PeerId : IEquatable<PeerId>, IComparable<PeerId>
{
    /// <summary>The length in bytes.</summary>
    public const int Length = 20;

    private readonly Bytes _bytes;

    /// <summary>Copies the value from exactly <see cref="Length"/> bytes.</summary>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public PeerId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"Expected {Length} bytes, got {bytes.Length}.", nameof(bytes));
        bytes.CopyTo(_bytes);
    }

    /// <summary>The bytes themselves.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>A new array holding the bytes.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <inheritdoc/>
    public bool Equals(PeerId other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PeerId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public int CompareTo(PeerId other) => Span.SequenceCompareTo(other.Span);

    /// <summary>Lower-case hexadecimal.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);

    /// <summary>Compares byte by byte.</summary>
    public static bool operator ==(PeerId left, PeerId right) => left.Equals(right);

    /// <summary>Compares byte by byte.</summary>
    public static bool operator !=(PeerId left, PeerId right) => !left.Equals(right);

    /// <summary>Orders byte by byte.</summary>
    public static bool operator <(PeerId left, PeerId right) => left.CompareTo(right) < 0;

    /// <summary>Orders byte by byte.</summary>
    public static bool operator >(PeerId left, PeerId right) => left.CompareTo(right) > 0;

    /// <summary>Orders byte by byte.</summary>
    public static bool operator <=(PeerId left, PeerId right) => left.CompareTo(right) <= 0;

    /// <summary>Orders byte by byte.</summary>
    public static bool operator >=(PeerId left, PeerId right) => left.CompareTo(right) >= 0;

    [InlineArray(Length)]
    private struct Bytes
    {
        private byte _first;
    }
}
