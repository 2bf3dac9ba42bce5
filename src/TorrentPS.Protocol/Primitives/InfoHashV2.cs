using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace TorrentPS.Protocol.Primitives;

/// <summary>The SHA-256 of a torrent's <c>info</c> dictionary as it stands in the file: 32 bytes (BEP 52).</summary>
public readonly struct InfoHashV2 : IEquatable<InfoHashV2>
{
    /// <summary>The length in bytes.</summary>
    public const int Length = 32;

    private readonly Bytes _bytes;

    /// <summary>Copies the value from exactly <see cref="Length"/> bytes.</summary>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public InfoHashV2(ReadOnlySpan<byte> bytes)
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
    public bool Equals(InfoHashV2 other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is InfoHashV2 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>Lower-case hexadecimal.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);

    /// <summary>The first 20 bytes: how a v2 info hash is named where the protocol has room for no more (BEP 52).</summary>
    public InfoHash Truncate() => new(Span[..InfoHash.Length]);

    /// <summary>Reads 64 hexadecimal digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out InfoHashV2 hash)
    {
        hash = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (text?.Length != Length * 2 || Convert.FromHexString(text, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        hash = new InfoHashV2(bytes);
        return true;
    }

    /// <summary>Reads what <see cref="TryParse"/> reads.</summary>
    /// <exception cref="FormatException">The text is not a v2 info hash.</exception>
    public static InfoHashV2 Parse(string text) =>
        TryParse(text, out InfoHashV2 hash) ? hash : throw new FormatException($"'{text}' is not a v2 info hash: expected 64 hexadecimal digits.");

    /// <summary>Compares byte by byte.</summary>
    public static bool operator ==(InfoHashV2 left, InfoHashV2 right) => left.Equals(right);

    /// <summary>Compares byte by byte.</summary>
    public static bool operator !=(InfoHashV2 left, InfoHashV2 right) => !left.Equals(right);

    [InlineArray(Length)]
    private struct Bytes
    {
        private byte _first;
    }
}
