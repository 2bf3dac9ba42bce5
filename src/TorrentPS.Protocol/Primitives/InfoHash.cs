using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace TorrentPS.Protocol.Primitives;

/// <summary>The SHA-1 of a torrent's <c>info</c> dictionary as it stands in the file: 20 bytes (BEP 3).</summary>
public readonly struct InfoHash : IEquatable<InfoHash>
{
    /// <summary>The length in bytes.</summary>
    public const int Length = 20;

    private readonly Bytes _bytes;

    /// <summary>Copies the value from exactly <see cref="Length"/> bytes.</summary>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public InfoHash(ReadOnlySpan<byte> bytes)
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

    /// <summary>Lower-case hexadecimal.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);

    /// <summary>Reads 40 hexadecimal digits, or 32 characters of base32 as some magnet links use (BEP 9).</summary>
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

    /// <summary>Reads what <see cref="TryParse"/> reads.</summary>
    /// <exception cref="FormatException">The text is not an info hash.</exception>
    public static InfoHash Parse(string text) =>
        TryParse(text, out InfoHash hash) ? hash : throw new FormatException($"'{text}' is not an info hash: expected 40 hexadecimal digits or 32 base32 characters.");

    /// <summary>Compares byte by byte.</summary>
    public static bool operator ==(InfoHash left, InfoHash right) => left.Equals(right);

    /// <summary>Compares byte by byte.</summary>
    public static bool operator !=(InfoHash left, InfoHash right) => !left.Equals(right);

    [InlineArray(Length)]
    private struct Bytes
    {
        private byte _first;
    }
}
