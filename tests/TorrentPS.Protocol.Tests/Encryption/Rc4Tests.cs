using TorrentPS.Protocol.Encryption;

namespace TorrentPS.Protocol.Tests.Encryption;

public sealed class Rc4Tests
{
    /// <summary>Keystreams at offsets 0 and 1024, from RFC 6229.</summary>
    [Theory]
    [InlineData("0102030405", 0, "b2396305f03dc027ccc3524a0a1118a8")]
    [InlineData("0102030405", 1024, "30abbcc7c20b01609f23ee2d5f6bb7df")]
    [InlineData("0102030405060708090a0b0c0d0e0f10", 0, "9ac7cc9a609d1ef7b2932899cde41b97")]
    [InlineData("0102030405060708090a0b0c0d0e0f10", 1024, "bdf0324e6083dcc6d3cedd3ca8c53c16")]
    public void The_keystream_is_that_of_the_RFC(string key, int offset, string expected)
    {
        byte[] bytes = new byte[16];

        new Rc4(Convert.FromHexString(key), offset).Transform(bytes);

        Assert.Equal(expected, Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void The_public_constructor_discards_the_first_1024_bytes()
    {
        byte[] bytes = new byte[16];

        new Rc4([1, 2, 3, 4, 5]).Transform(bytes);

        Assert.Equal("30abbcc7c20b01609f23ee2d5f6bb7df", Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void Any_division_into_calls_gives_the_same_bytes()
    {
        byte[] plain = new byte[10_000];
        new Random(1).NextBytes(plain);
        byte[] whole = [.. plain];
        new Rc4([9]).Transform(whole);
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            byte[] parts = new byte[plain.Length];
            var cipher = new Rc4([9]);
            for (int at = 0; at < plain.Length;)
            {
                int count = Math.Min(random.Next(1, 300), plain.Length - at);
                cipher.Transform(plain.AsSpan(at, count), parts.AsSpan(at));
                at += count;
            }

            Assert.Equal(whole, parts);
        }

        new Rc4([9]).Transform(whole);
        Assert.Equal(plain, whole);
    }

    [Fact]
    public void A_key_of_a_wrong_length_and_a_short_buffer_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new Rc4([]));
        Assert.Throws<ArgumentException>(() => new Rc4(new byte[257]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Rc4([1]).Transform(new byte[2], new byte[1]));
    }
}
