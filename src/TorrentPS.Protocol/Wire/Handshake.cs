using System.Buffers.Binary;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Wire;

/// <summary>The handshake: the first 68 bytes that each side of a connection sends (BEP 3, "peer protocol").</summary>
/// <param name="Features">The reserved bytes, as feature flags.</param>
/// <param name="InfoHash">Info hash of the torrent for which the connection is opened.</param>
/// <param name="PeerId">Peer id of the sender.</param>
public readonly record struct Handshake(PeerFeatures Features, InfoHash InfoHash, PeerId PeerId)
{
    /// <summary>Length of a handshake in bytes.</summary>
    public const int Length = 68;

    /// <summary>
    /// Number of bytes from the start of the handshake to the end of the info hash. With these bytes the receiver can
    /// identify the torrent and send its own handshake.
    /// </summary>
    public const int InfoHashEnd = 48;

    private const int FeaturesOffset = 20;
    private const int InfoHashOffset = 28;

    private static ReadOnlySpan<byte> Protocol => "\u0013BitTorrent protocol"u8;

    /// <summary>
    /// Returns whether the bytes received so far can be the start of a handshake. Only the protocol name and its length
    /// byte are compared, as far as they have arrived.
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
    /// <returns>The number of bytes written: <see cref="Length"/>.</returns>
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

    /// <summary>Returns whether the sender has set all of the given features.</summary>
    public bool Has(PeerFeatures features) => (Features & features) == features;
}
