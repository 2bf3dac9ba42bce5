using System.Buffers.Binary;
using TorrentPS.Protocol.Encryption;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Encryption;

/// <summary>Builds the parts of an initiator's encryption handshake one by one, so that each can be wrong.</summary>
internal sealed class HandshakeParts
{
    public static readonly InfoHash Torrent = new([.. Enumerable.Range(1, InfoHash.Length).Select(i => (byte)i)]);

    private readonly DiffieHellmanKey _key = new(new Random(5));

    public byte[] Key => [.. _key.Public];

    public byte[] Verification { get; init; } = new byte[8];

    public uint Methods { get; init; } = 3;

    public int PaddingLength { get; init; }

    public int PayloadLength { get; init; }

    public byte[] Payload { get; init; } = [];

    public InfoHash Named { get; init; } = Torrent;

    public static InfoHash? Find(ObfuscatedInfoHash hash) => hash == ObfuscatedInfoHash.Of(Torrent) ? Torrent : null;

    /// <summary>Returns the bytes after the padding that follows the public key.</summary>
    public byte[] Offer(ReadOnlySpan<byte> responderKey)
    {
        byte[] secret = _key.Agree(responderKey);
        byte[] torrent = new byte[EncryptionHashes.Length];
        ObfuscatedInfoHash.Of(Named).CopyTo(torrent);
        EncryptionHashes.Mask(secret, torrent);
        byte[] lengths = new byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(lengths, Methods);
        BinaryPrimitives.WriteUInt16BigEndian(lengths.AsSpan(4), (ushort)PaddingLength);
        BinaryPrimitives.WriteUInt16BigEndian(lengths.AsSpan(6), (ushort)PayloadLength);
        byte[] padding = new byte[PaddingLength];
        byte[] encrypted = [.. Verification, .. lengths[..6], .. padding, .. lengths[6..], .. Payload];
        EncryptionHashes.InitiatorCipher(secret, Named).Transform(encrypted);
        return [.. EncryptionHashes.Synchronization(secret), .. torrent, .. encrypted];
    }
}
