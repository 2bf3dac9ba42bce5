using System.Text;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Tests.Bencode;

public class ValueTests
{
    [Fact]
    public void A_string_is_found_under_its_key_even_if_it_is_empty()
    {
        BencodeValue root = Parse("d1:a3:one1:b0:e");
        Assert.Equal("one"u8.ToArray(), root.BytesAt("a"u8)!.Value.ToArray());
        Assert.True(root.BytesAt("b"u8) is { IsEmpty: true });
    }

    [Theory]
    [InlineData("d1:bi1ee", "no such key")]
    [InlineData("d1:ai1ee", "a number")]
    [InlineData("d1:al3:oneee", "a list")]
    [InlineData("l1:a3:onee", "no dictionary")]
    public void A_value_that_is_not_a_string_counts_as_absent(string bencoded, string why) =>
        Assert.False(Parse(bencoded).BytesAt("a"u8).HasValue, why);

    [Theory]
    [InlineData("d1:ai7ee", 7L)]
    [InlineData("d1:ai-3ee", -3L)]
    [InlineData("d1:ai10ee", 10L)]
    [InlineData("d1:ai-4ee", null)]
    [InlineData("d1:ai11ee", null)]
    [InlineData("d1:ai9223372036854775808ee", null)]
    [InlineData("d1:a1:7e", null)]
    [InlineData("d1:bi7ee", null)]
    [InlineData("li7ee", null)]
    public void An_integer_is_found_under_its_key_if_it_is_in_the_range(string bencoded, long? found) =>
        Assert.Equal(found, Parse(bencoded).NumberAt("a"u8, -3, 10));

    private static BencodeValue Parse(string bencoded) => BencodeValue.Parse(Encoding.ASCII.GetBytes(bencoded));
}
