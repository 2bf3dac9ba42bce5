using System.Text;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Tests.Bencode;

public sealed class ReaderTests
{
    [Theory]
    [InlineData("", BencodeError.Truncated, 0)]
    [InlineData("i12", BencodeError.Truncated, 0)]
    [InlineData("i", BencodeError.Truncated, 0)]
    [InlineData("5", BencodeError.Truncated, 0)]
    [InlineData("5:abc", BencodeError.Truncated, 0)]
    [InlineData("2147483647:abc", BencodeError.Truncated, 0)]
    [InlineData("l", BencodeError.Truncated, 1)]
    [InlineData("d1:a", BencodeError.Truncated, 4)]
    [InlineData("d1:ai1e", BencodeError.Truncated, 7)]
    [InlineData("ie", BencodeError.InvalidInteger, 0)]
    [InlineData("i-e", BencodeError.InvalidInteger, 0)]
    [InlineData("i-0e", BencodeError.InvalidInteger, 0)]
    [InlineData("i-01e", BencodeError.InvalidInteger, 0)]
    [InlineData("i03e", BencodeError.InvalidInteger, 0)]
    [InlineData("i00e", BencodeError.InvalidInteger, 0)]
    [InlineData("i+3e", BencodeError.InvalidInteger, 0)]
    [InlineData("i 3e", BencodeError.InvalidInteger, 0)]
    [InlineData("i3.5e", BencodeError.InvalidInteger, 0)]
    [InlineData("li1ei02ee", BencodeError.InvalidInteger, 4)]
    [InlineData("03:abc", BencodeError.InvalidStringLength, 0)]
    [InlineData("00:", BencodeError.InvalidStringLength, 0)]
    [InlineData("2147483648:", BencodeError.InvalidStringLength, 0)]
    [InlineData("99999999999999999999999999:", BencodeError.InvalidStringLength, 0)]
    [InlineData("3-abc", BencodeError.InvalidStringLength, 0)]
    [InlineData("-3:abc", BencodeError.UnexpectedByte, 0)]
    [InlineData("x", BencodeError.UnexpectedByte, 0)]
    [InlineData("e", BencodeError.UnexpectedByte, 0)]
    [InlineData("i1ei2e", BencodeError.TrailingData, 3)]
    [InlineData("le\n", BencodeError.TrailingData, 2)]
    [InlineData("di1ei2ee", BencodeError.KeyIsNotAString, 1)]
    [InlineData("d1:ae", BencodeError.MissingValue, 4)]
    [InlineData("d1:ai1e1:ai2ee", BencodeError.DuplicateKey, 7)]
    [InlineData("d1:bi1e1:ai2e1:bi3ee", BencodeError.DuplicateKey, 13)]
    public void Malformed_data_throws_with_its_offset(string text, BencodeError expected, long offset)
    {
        BencodeException refusal = Assert.Throws<BencodeException>(() => Parse(text));
        Assert.Equal((expected, offset), (refusal.Error, refusal.Offset));
        Assert.Contains($"at byte {offset}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_come_in_the_order_of_the_data()
    {
        var reader = new BencodeReader("d1:ali-7e0:e2:bbdee"u8);
        var seen = new List<string>();
        while (reader.Read())
            seen.Add($"{reader.Token}@{reader.TokenStart}={Encoding.UTF8.GetString(reader.Content)}");
        Assert.Equal(
            ["DictionaryStart@0=", "Key@1=a", "ListStart@4=", "Number@5=-7", "Bytes@9=", "End@11=", "Key@12=bb",
                "DictionaryStart@16=", "End@17=", "End@18="],
            seen);
        Assert.Equal(BencodeToken.None, reader.Token);
    }

    [Fact]
    public void A_skipped_value_gives_its_exact_bytes()
    {
        ReadOnlySpan<byte> data = "d1:ali1e3:xyzd1:q1:ree1:bi5ee"u8;
        var reader = new BencodeReader(data);
        reader.Read();
        reader.Read();
        Assert.True(reader.IsKey("a"u8));
        Assert.Equal("li1e3:xyzd1:q1:ree", Encoding.ASCII.GetString(data[reader.SkipValue()]));
        reader.Read();
        Assert.True(reader.IsKey("b"u8));
        Assert.Equal("i5e", Encoding.ASCII.GetString(data[reader.SkipValue()]));
    }

    [Fact]
    public void Trailing_data_can_be_allowed_and_starts_at_the_position()
    {
        var reader = new BencodeReader("d1:ai1eePAYLOAD"u8, allowTrailing: true);
        while (reader.Read())
        {
        }

        Assert.Equal(8, reader.Position);
    }

    [Fact]
    public void Unsorted_keys_are_accepted_and_reported()
    {
        Assert.False(Parse("d1:bi1e1:ai2ee").KeysAreSorted);
        Assert.False(Parse("ld1:bi1e1:ai2eee").KeysAreSorted);
        Assert.True(Parse("d1:ai1e1:bi2ee").KeysAreSorted);
        Assert.True(Parse("d1:ad1:zi1ee1:bi2ee").KeysAreSorted);
        Assert.True(Parse("d1:ai1e2:aai2ee").KeysAreSorted);
    }

    [Theory]
    [InlineData("i9223372036854775807e", long.MaxValue)]
    [InlineData("i-9223372036854775808e", long.MinValue)]
    [InlineData("i0e", 0)]
    [InlineData("i-1e", -1)]
    public void Integers_of_64_bits_are_read(string text, long expected)
    {
        Assert.Equal(expected, Parse(text).GetInt64());
        var reader = new BencodeReader(Encoding.ASCII.GetBytes(text));
        reader.Read();
        Assert.Equal(expected, reader.GetInt64());
    }

    [Theory]
    [InlineData("i9223372036854775808e")]
    [InlineData("i-9223372036854775809e")]
    [InlineData("i123456789012345678901234567890e")]
    public void A_larger_integer_throws_only_when_it_is_requested(string text)
    {
        BencodeValue value = Parse(text);
        Assert.False(value.TryGetInt64(out _));
        Assert.Equal(BencodeError.IntegerOverflow, Assert.Throws<BencodeException>(() => value.GetInt64()).Error);
    }

    [Fact]
    public void Nesting_depth_is_limited()
    {
        string deep = new string('l', 100) + new string('e', 100);
        Parse(deep);
        BencodeException refusal = Assert.Throws<BencodeException>(() => Parse("l" + deep + "e"));
        Assert.Equal((BencodeError.TooDeep, 100L), (refusal.Error, refusal.Offset));
        Parse(new string('d', 1) + "1:a" + deep[1..^1] + "e");
    }

    [Fact]
    public void A_million_levels_throw_an_exception_without_a_stack_overflow()
    {
        byte[] data = Encoding.ASCII.GetBytes(new string('l', 1_000_000));
        var limits = new BencodeLimits { MaxDepth = int.MaxValue };
        Assert.Equal(
            BencodeError.Truncated, Assert.Throws<BencodeException>(() => BencodeValue.Parse(data, limits)).Error);
    }

    [Fact]
    public void The_number_of_values_and_the_lengths_are_limited()
    {
        Assert.Equal(BencodeError.TooManyTokens, Refusal("li1ei2ei3ee", new BencodeLimits { MaxTokens = 4 }));
        Assert.Equal(BencodeError.TooLong, Refusal("4:abcd", new BencodeLimits { MaxLength = 5 }));
        Assert.Equal(BencodeError.TooLong, Refusal("4:abcd", new BencodeLimits { MaxStringLength = 3 }));
        Parse("li1ei2ee");
    }

    [Fact]
    public void Values_are_found_by_key_and_by_order()
    {
        BencodeValue value = Parse("d4:listli1e1:xe4:name5:helloe");
        Assert.True(value.TryGet("name"u8, out BencodeValue name));
        Assert.Equal("hello", name.GetText());
        Assert.Equal("5:hello", Encoding.ASCII.GetString(name.Raw.Span));
        Assert.Equal(21, name.Offset);
        Assert.True(value.TryGet("list"u8, out BencodeValue list));
        Assert.Equal([BencodeKind.Number, BencodeKind.Bytes], list.Items().Select(item => item.Kind));
        Assert.False(value.TryGet("hello"u8, out _));
        Assert.False(name.TryGet("name"u8, out _));
        Assert.Equal(["list", "name"], value.Entries().Select(entry => entry.Key.GetText()));
    }

    [Fact]
    public void Requesting_another_type_throws()
    {
        BencodeValue value = Parse("i1e");
        Assert.Equal(BencodeError.WrongType, Assert.Throws<BencodeException>(() => value.GetText()).Error);
        Assert.Equal(BencodeError.WrongType, Assert.Throws<BencodeException>(() => value.Items()).Error);
        Assert.Equal(BencodeError.WrongType, Assert.Throws<BencodeException>(() => value.Entries()).Error);
        Assert.Equal(BencodeError.WrongType, Assert.Throws<BencodeException>(() => Parse("1:a").GetInt64()).Error);
        Assert.Equal(BencodeKind.None, default(BencodeValue).Kind);
    }

    private static BencodeValue Parse(string text) => BencodeValue.Parse(Encoding.ASCII.GetBytes(text));

    private static BencodeError Refusal(string text, BencodeLimits limits) =>
        Assert.Throws<BencodeException>(() => BencodeValue.Parse(Encoding.ASCII.GetBytes(text), limits)).Error;
}
