using System.Buffers.Binary;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Wire;

/// <summary>The first 68 bytes on a connection, in each direction (BEP 3, "peer protocol").</summary>
/// <param name="Features">The reserved bytes.</param>
/// <param name="InfoHash">The torrent that the connection is about.</param>
/// <param name="PeerId">Who speaks.</param>
public readonly record struct Handshake(PeerFeatures Features, InfoHash InfoHash, PeerId PeerId)
{
    /// <summary>The length in bytes.</summary>
    public const int Length = 68;

    /// <summary>How many bytes are enough to know the torrent: a caller that only listens may answer before the peer id is there.</summary>
    public const int InfoHashEnd = 48;

    private const int FeaturesOffset = 20;
    private const int InfoHashOffset = 28;

    private static ReadOnlySpan<byte> Protocol => "\u0013BitTorrent protocol"u8;

    /// <summary>Whether the bytes received so far can still become a handshake; false is reason to hang up at once.</summary>
    public static bool IsValidPrefix(ReadOnlySpan<byte> source) =>
        source[..Math.Min(source.Length, Protocol.Length)].SequenceEqual(Protocol[..Math.Min(source.Length, Protocol.Length)]);

    /// <summary>Reads the handshake at the start of <paramref name="source"/>.</summary>
    /// <returns>False when fewer than <see cref="Length"/> bytes are there or they name another protocol.</returns>
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

    /// <summary>Writes the handshake.</summary>
    /// <returns><see cref="Length"/>.</returns>
    /// <exception cref="ArgumentException">The buffer is too small.</exception>
    public int Write(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, Length, nameof(destination));
        Protocol.CopyTo(destination);
        BinaryPrimitives.WriteUInt64BigEndian(destination[FeaturesOffset..], (ulong)Features);
        InfoHash.Span.CopyTo(destination[InfoHashOffset..]);
        PeerId.Span.CopyTo(destination[InfoHashEnd..]);
        return Length;
    }

    /// <summary>Whether every one of the given features is on.</summary>
    public bool Has(PeerFeatures features) => (Features & features) == features;
}
