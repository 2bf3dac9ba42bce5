using System.Buffers.Binary;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Wire;

/// <summary>The handshake: the first 68 bytes that each peer sends on a connection (BEP 3, "peer protocol").</summary>
/// <param name="Features">The reserved bytes, which announce the sender's features.</param>
/// <param name="InfoHash">Info hash of the torrent for which the connection is opened.</param>
/// <param name="PeerId">Peer id of the sender.</param>
public readonly record struct Handshake(PeerFeatures Features, InfoHash InfoHash, PeerId PeerId)
{
    /// <summary>Length of a handshake in bytes.</summary>
    public const int Length = 68;

    /// <summary>Length in bytes of the start of a handshake: the length byte and the protocol name.</summary>
    public const int ProtocolLength = 20;

    /// <summary>
    /// Number of bytes from the start of a handshake to the end of its info hash. When these bytes have arrived, the
    /// receiver can identify the torrent and send its own handshake.
    /// </summary>
    public const int InfoHashEnd = 48;

    private const int FeaturesOffset = ProtocolLength;
    private const int InfoHashOffset = 28;

    private static ReadOnlySpan<byte> Protocol => "\u0013BitTorrent protocol"u8;

    /// <summary>
    /// Returns whether the bytes received so far can be the start of a handshake. Only the first 20 bytes are checked:
    /// the length byte and the protocol name.
    /// </summary>
    public static bool IsValidPrefix(ReadOnlySpan<byte> source)
    {
        int length = Math.Min(source.Length, Protocol.Length);
        return source[..length].SequenceEqual(Protocol[..length]);
    }

    /// <summary>Reads a handshake from the start of <paramref name="source"/>.</summary>
    /// <returns>
    /// False if <paramref name="source"/> has fewer than <see cref="Length"/> bytes or does not start with the
    /// BitTorrent protocol name.
    /// </returns>
    public static bool TryRead(ReadOnlySpan<byte> source, out Handshake handshake)
    {
        handshake = default;
        if (source.Length < Length || !IsValidPrefix(source))
            return false;
        handshake = new Handshake(
            (PeerFeatures)BinaryPrimitives.ReadUInt64BigEndian(source[FeaturesOffset..]),
            new InfoHash(source[InfoHashOffset..InfoHashEnd]),
            new PeerId(source[InfoHashEnd..Length]));
        return true;
    }

    /// <summary>Writes the handshake to the start of <paramref name="destination"/>.</summary>
    /// <returns>The number of bytes written, which is always <see cref="Length"/>.</returns>
    /// <exception cref="ArgumentException">The buffer is shorter than <see cref="Length"/>.</exception>
    public int Write(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, Length, nameof(destination));
        Protocol.CopyTo(destination);
        BinaryPrimitives.WriteUInt64BigEndian(destination[FeaturesOffset..], (ulong)Features);
        InfoHash.Span.CopyTo(destination[InfoHashOffset..]);
        PeerId.Span.CopyTo(destination[InfoHashEnd..]);
        return Length;
    }

    /// <summary>Returns whether the handshake announces all of the given features.</summary>
    public bool Has(PeerFeatures features) => (Features & features) == features;
}
