using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace TorrentPS.Protocol.Primitives;

/// <summary>A v2 info hash: the SHA-256 of a torrent's encoded <c>info</c> dictionary, 32 bytes (BEP 52).</summary>
public readonly struct InfoHashV2 : IEquatable<InfoHashV2>
{
    /// <summary>Length of a v2 info hash in bytes.</summary>
    public const int Length = 32;

    private readonly Bytes _bytes;

    /// <summary>Creates a v2 info hash from exactly <see cref="Length"/> bytes.</summary>
    /// <exception cref="ArgumentException">The span does not have <see cref="Length"/> bytes.</exception>
    public InfoHashV2(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"Expected {Length} bytes, got {bytes.Length}.", nameof(bytes));
        bytes.CopyTo(_bytes);
    }

    /// <summary>The bytes of the v2 info hash.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Returns the bytes of the v2 info hash in a new array.</summary>
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

    /// <summary>Returns the v2 info hash as 64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);

    /// <summary>
    /// Returns the first 20 bytes. They identify a v2 torrent in handshakes, at trackers and in the DHT (BEP 52).
    /// </summary>
    public InfoHash Truncate() => new(Span[..InfoHash.Length]);

    /// <summary>Parses a v2 info hash from 64 hexadecimal digits.</summary>
    /// <returns>False if the text has another form.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out InfoHashV2 hash)
    {
        hash = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (text?.Length != Length * 2)
            return false;
        if (Convert.FromHexString(text, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        hash = new InfoHashV2(bytes);
        return true;
    }

    /// <summary>Parses a v2 info hash in the form that <see cref="TryParse"/> accepts.</summary>
    /// <exception cref="FormatException">The text is not a valid v2 info hash.</exception>
    public static InfoHashV2 Parse(string text) =>
        TryParse(text, out InfoHashV2 hash)
            ? hash
            : throw new FormatException($"'{text}' is not a valid v2 info hash. Expected 64 hexadecimal digits.");

    /// <summary>Returns whether the two v2 info hashes have the same bytes.</summary>
    public static bool operator ==(InfoHashV2 left, InfoHashV2 right) => left.Equals(right);

    /// <summary>Returns whether the two v2 info hashes differ in any byte.</summary>
    public static bool operator !=(InfoHashV2 left, InfoHashV2 right) => !left.Equals(right);

    [InlineArray(Length)]
    private struct Bytes
    {
        private byte _first;
    }
}
