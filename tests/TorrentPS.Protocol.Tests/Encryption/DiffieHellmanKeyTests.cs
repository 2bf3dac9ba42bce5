using System.Numerics;
using TorrentPS.Protocol.Encryption;

namespace TorrentPS.Protocol.Tests.Encryption;

public sealed class DiffieHellmanKeyTests
{
    private static readonly BigInteger s_prime = BigInteger.Parse(
        "0FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A43"
        + "1B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563",
        System.Globalization.NumberStyles.HexNumber,
        null);

    [Fact]
    public void Both_sides_compute_the_secret_that_the_definition_gives()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var one = new DiffieHellmanKey(new Random(seed));
            var other = new DiffieHellmanKey(new Random(seed + 1000));
            byte[] exponents = new byte[20];
            new Random(seed).NextBytes(exponents);
            BigInteger exponent = Number(exponents);

            Assert.Equal(BigInteger.ModPow(2, exponent, s_prime), Number(one.Public));
            Assert.Equal(DiffieHellmanKey.Length, one.Public.Length);
            Assert.Equal(one.Agree(other.Public), other.Agree(one.Public));
            Assert.Equal(BigInteger.ModPow(Number(other.Public), exponent, s_prime), Number(one.Agree(other.Public)));
        }
    }

    /// <summary>0, 1 and P-1 give secrets that everybody knows; values from P on are not valid.</summary>
    [Fact]
    public void Keys_out_of_range_and_keys_with_known_secrets_are_refused()
    {
        var key = new DiffieHellmanKey(new Random(1));
        foreach (BigInteger bad in new[] { 0, 1, s_prime - 1, s_prime, s_prime + 1, (BigInteger.One << 768) - 1 })
        {
            byte[] bytes = bad.ToByteArray(isUnsigned: true, isBigEndian: true);
            byte[] padded = [.. new byte[DiffieHellmanKey.Length - bytes.Length], .. bytes];
            EncryptionException error = Assert.Throws<EncryptionException>(() => key.Agree(padded));
            Assert.Equal(EncryptionError.BadPublicKey, error.Error);
        }

        Assert.Throws<EncryptionException>(() => key.Agree(new byte[10]));
    }

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
