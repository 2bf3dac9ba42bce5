using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace TorrentPS.Protocol.Primitives;

/// <summary>
/// A 20-byte info hash: the SHA-1 of a torrent's encoded <c>info</c> dictionary (BEP 3), or a v2 info hash truncated to
/// 20 bytes (BEP 52).
/// </summary>
public readonly struct InfoHash : IEquatable<InfoHash>
{
    /// <summary>Length of an info hash in bytes.</summary>
    public const int Length = 20;

    private readonly Bytes _bytes;

    /// <summary>Creates an info hash from exactly <see cref="Length"/> bytes.</summary>
    /// <exception cref="ArgumentException">The span does not have <see cref="Length"/> bytes.</exception>
    public InfoHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"Expected {Length} bytes, got {bytes.Length}.", nameof(bytes));
        bytes.CopyTo(_bytes);
    }

    /// <summary>The bytes of the info hash.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Returns the bytes of the info hash in a new array.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <inheritdoc/>
    public bool Equals(InfoHash other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is InfoHash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>Returns the info hash as 40 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);

    /// <summary>
    /// Parses an info hash from 40 hexadecimal digits, or 32 base32 characters as in older magnet links (BEP 9).
    /// </summary>
    /// <returns>False if the text has neither of these forms.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out InfoHash hash)
    {
        hash = default;
        Span<byte> bytes = stackalloc byte[Length];
        bool ok = text?.Length switch
        {
            Length * 2 => Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done,
            32 => Base32.TryDecode(text, bytes),
            _ => false,
        };
        if (ok)
            hash = new InfoHash(bytes);
        return ok;
    }

    /// <summary>Parses an info hash in one of the forms that <see cref="TryParse"/> accepts.</summary>
    /// <exception cref="FormatException">The text is not a valid info hash.</exception>
    public static InfoHash Parse(string text) =>
        TryParse(text, out InfoHash hash)
            ? hash
            : throw new FormatException(
                $"'{text}' is not a valid info hash. Expected 40 hexadecimal digits or 32 base32 characters.");

    /// <summary>Returns whether the two info hashes have the same bytes.</summary>
    public static bool operator ==(InfoHash left, InfoHash right) => left.Equals(right);

    /// <summary>Returns whether the two info hashes differ in any byte.</summary>
    public static bool operator !=(InfoHash left, InfoHash right) => !left.Equals(right);

    [InlineArray(Length)]
    private struct Bytes
    {
        private byte _first;
    }
}
