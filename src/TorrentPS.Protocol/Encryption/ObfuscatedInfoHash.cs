using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Encryption;

/// <summary>
/// The SHA-1 of <c>req2</c> and an info hash. In an encryption handshake (MSE), a peer names its torrent by this value,
/// from which the info hash can't be computed.
/// </summary>
public readonly record struct ObfuscatedInfoHash
{
    private readonly InfoHash _hash;

    internal ObfuscatedInfoHash(ReadOnlySpan<byte> hash) => _hash = new InfoHash(hash);

    /// <summary>Computes the value for an info hash.</summary>
    public static ObfuscatedInfoHash Of(InfoHash infoHash)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        EncryptionHashes.Hash("req2"u8, infoHash.Span, hash);
        return new ObfuscatedInfoHash(hash);
    }

    internal void CopyTo(Span<byte> destination) => _hash.Span.CopyTo(destination);
}
