using System.Numerics;

namespace TorrentPS.Protocol.Encryption;

/// <summary>
/// The key pair of one side in the Diffie-Hellman key exchange of MSE, which uses a prime of 768 bits and the generator
/// 2.
/// </summary>
public sealed class DiffieHellmanKey
{
    /// <summary>Length in bytes of a public key and of the shared secret.</summary>
    public const int Length = 96;

    /// <summary>Length of a private key in bytes. MSE recommends 160 bits.</summary>
    private const int PrivateLength = 20;

    private static readonly BigInteger s_prime = ToNumber(Convert.FromHexString(
        "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
        + "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563"));

    private static readonly ModularPower s_power = new(s_prime);

    /// <summary>The generator 2 as a big-endian number with the length of a public key.</summary>
    private static readonly byte[] s_generator = [.. new byte[Length - 1], 2];

    private readonly byte[] _private = new byte[PrivateLength];
    private readonly byte[] _public;

    /// <summary>Creates a key pair.</summary>
    /// <param name="random">The source of the private key. It must be cryptographic, except in tests.</param>
    public DiffieHellmanKey(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        random.NextBytes(_private);
        _public = s_power.Compute(s_generator, _private);
    }

    /// <summary>The public key, of <see cref="Length"/> bytes.</summary>
    public ReadOnlySpan<byte> Public => _public;

    /// <summary>Computes the secret that both sides share.</summary>
    /// <param name="publicKey">The public key of the other side, of <see cref="Length"/> bytes.</param>
    /// <returns>The secret, of <see cref="Length"/> bytes.</returns>
    /// <exception cref="EncryptionException">
    /// The public key has a wrong length, is not less than the prime, or is 0, 1 or the prime minus 1. With these three
    /// keys, the secret would be predictable.
    /// </exception>
    public byte[] Agree(ReadOnlySpan<byte> publicKey)
    {
        BigInteger other = ToNumber(publicKey);
        if (publicKey.Length != Length || other <= BigInteger.One || other >= s_prime - 1)
            throw new EncryptionException(EncryptionError.BadPublicKey, "The peer's public key is not valid.");
        return s_power.Compute(publicKey, _private);
    }

    private static BigInteger ToNumber(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
