using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Encryption;

/// <summary>
/// The hashes of an encryption handshake (MSE): SHA-1 over a name of four characters and one or two values.
/// </summary>
[SuppressMessage("Security", "CA5350", Justification = "MSE prescribes the hash.")]
internal static class EncryptionHashes
{
    public const int Length = SHA1.HashSizeInBytes;

    private const int NameLength = 4;

    /// <summary>
    /// Returns the hash of the shared secret that marks the end of the initiator's padding: <c>HASH('req1', S)</c>.
    /// </summary>
    public static byte[] Synchronization(ReadOnlySpan<byte> secret)
    {
        byte[] hash = new byte[Length];
        Hash("req1"u8, secret, hash);
        return hash;
    }

    /// <summary>
    /// XORs bytes with a hash of the shared secret, <c>HASH('req3', S)</c>. This converts an obfuscated info hash to
    /// the bytes to send, and received bytes to an obfuscated info hash.
    /// </summary>
    public static void Mask(ReadOnlySpan<byte> secret, Span<byte> bytes)
    {
        Span<byte> mask = stackalloc byte[Length];
        Hash("req3"u8, secret, mask);
        for (int i = 0; i < Length; i++)
            bytes[i] ^= mask[i];
    }

    /// <summary>Creates the cipher of the bytes that the initiator sends.</summary>
    public static Rc4 InitiatorCipher(ReadOnlySpan<byte> secret, InfoHash torrent) => Cipher("keyA"u8, secret, torrent);

    /// <summary>Creates the cipher of the bytes that the responder sends.</summary>
    public static Rc4 ResponderCipher(ReadOnlySpan<byte> secret, InfoHash torrent) => Cipher("keyB"u8, secret, torrent);

    public static void Hash(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, Span<byte> hash)
    {
        Span<byte> input = stackalloc byte[NameLength + DiffieHellmanKey.Length + InfoHash.Length];
        name.CopyTo(input);
        value.CopyTo(input[NameLength..]);
        SHA1.HashData(input[..(NameLength + value.Length)], hash);
    }

    private static Rc4 Cipher(ReadOnlySpan<byte> name, ReadOnlySpan<byte> secret, InfoHash torrent)
    {
        Span<byte> value = stackalloc byte[DiffieHellmanKey.Length + InfoHash.Length];
        secret.CopyTo(value);
        torrent.Span.CopyTo(value[DiffieHellmanKey.Length..]);
        Span<byte> key = stackalloc byte[Length];
        Hash(name, value, key);
        return new Rc4(key);
    }
}
