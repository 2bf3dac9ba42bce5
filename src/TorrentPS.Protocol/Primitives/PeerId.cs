using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace TorrentPS.Protocol.Primitives;

/// <summary>
/// The 20-byte id that a peer sends in handshakes and announces (BEP 3). Clients encode their name and version in it
/// (BEP 20).
/// </summary>
public readonly struct PeerId : IEquatable<PeerId>, IComparable<PeerId>
{
    /// <summary>Length of a peer id in bytes.</summary>
    public const int Length = 20;

    private readonly Bytes _bytes;

    /// <summary>Creates a peer id from exactly <see cref="Length"/> bytes.</summary>
    /// <exception cref="ArgumentException">The span does not have <see cref="Length"/> bytes.</exception>
    public PeerId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"Expected {Length} bytes, got {bytes.Length}.", nameof(bytes));
        bytes.CopyTo(_bytes);
    }

    /// <summary>The bytes of the peer id.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Returns the bytes of the peer id in a new array.</summary>
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

    /// <summary>Returns the peer id as 40 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);

    /// <summary>Returns whether the two peer ids have the same bytes.</summary>
    public static bool operator ==(PeerId left, PeerId right) => left.Equals(right);

    /// <summary>Returns whether the two peer ids differ in any byte.</summary>
    public static bool operator !=(PeerId left, PeerId right) => !left.Equals(right);

    /// <summary>
    /// Returns whether the left id sorts before the right one. The ids are compared byte by byte, as unsigned numbers.
    /// </summary>
    public static bool operator <(PeerId left, PeerId right) => left.CompareTo(right) < 0;

    /// <summary>
    /// Returns whether the left id sorts after the right one. The ids are compared byte by byte, as unsigned numbers.
    /// </summary>
    public static bool operator >(PeerId left, PeerId right) => left.CompareTo(right) > 0;

    /// <summary>
    /// Returns whether the left id sorts before the right one or equals it. The ids are compared byte by byte, as
    /// unsigned numbers.
    /// </summary>
    public static bool operator <=(PeerId left, PeerId right) => left.CompareTo(right) <= 0;

    /// <summary>
    /// Returns whether the left id sorts after the right one or equals it. The ids are compared byte by byte, as
    /// unsigned numbers.
    /// </summary>
    public static bool operator >=(PeerId left, PeerId right) => left.CompareTo(right) >= 0;

    [InlineArray(Length)]
    private struct Bytes
    {
        private byte _first;
    }
}
