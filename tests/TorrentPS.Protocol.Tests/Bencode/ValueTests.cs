using System.Text;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Tests.Bencode;

public class ValueTests
{
    [Fact]
    public void A_string_is_found_under_its_key_an_empty_one_too()
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
    public void What_is_no_string_is_as_good_as_absent(string bencoded, string why) =>
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
    public void A_number_is_found_under_its_key_when_it_is_in_the_range(string bencoded, long? found) =>
        Assert.Equal(found, Parse(bencoded).NumberAt("a"u8, -3, 10));

    private static BencodeValue Parse(string bencoded) => BencodeValue.Parse(Encoding.ASCII.GetBytes(bencoded));
}
