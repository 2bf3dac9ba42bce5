using System.Net;
using System.Text;
using TorrentPS.Protocol.AddressFilter;

namespace TorrentPS.Protocol.Tests.AddressFilter;

public sealed class FilterListParserTests
{
    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7", "203.0.113.8")]
    [InlineData("203.0.113.0/24", "203.0.113.255", "203.0.114.0")]
    [InlineData("203.0.113.77/24", "203.0.113.0", "203.0.112.255")]
    [InlineData("0.0.0.0/0", "255.255.255.255", "2001:db8::1")]
    [InlineData("203.0.113.7/32", "203.0.113.7", "203.0.113.6")]
    [InlineData("203.0.113.4-203.0.113.9", "203.0.113.9", "203.0.113.10")]
    [InlineData("  203.0.113.4 - 203.0.113.9\r\n", "203.0.113.4", "203.0.113.3")]
    [InlineData("003.004.005.010 - 003.004.005.011 , 000 , Some company", "3.4.5.10", "3.4.5.8")]
    [InlineData("3.4.5.6 - 3.4.5.6 , 127 , lowest levels are blocked", "3.4.5.6", "3.4.5.7")]
    [InlineData("3.4.5.6 - 3.4.5.6 ,, no level", "3.4.5.6", "3.4.5.7")]
    [InlineData("Some company:3.4.5.6-3.4.5.7", "3.4.5.7", "3.4.5.8")]
    [InlineData("1.2.3.4, Inc: of 10:3.4.5.6-3.4.5.7", "3.4.5.6", "1.2.3.4")]
    [InlineData("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1")]
    [InlineData("2001:db8::5 - 2001:db8::7", "2001:db8::6", "2001:db8::8")]
    [InlineData("::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1.2.3.4")]
    [InlineData("::ffff:1.2.3.4", "1.2.3.4", "1.2.3.5")]
    public void A_line_in_any_of_the_formats_blocks_its_range(string line, string inside, string outside)
    {
        AddressRangeSet set = Parse(out FilterListParser parser, line);

        Assert.True(set.Contains(IPAddress.Parse(inside)));
        Assert.False(set.Contains(IPAddress.Parse(outside)));
        Assert.Equal((1, 0), (parser.Entries, parser.InvalidLines));
    }

    [Fact]
    public void An_access_level_of_128_or_more_allows_the_range()
    {
        AddressRangeSet set = Parse(
            out FilterListParser parser, "3.4.5.6 - 3.4.5.6 , 128 , allowed", "3.4.5.8 - 3.4.5.8 , 255 , allowed");

        Assert.Equal(0, set.Count);
        Assert.Equal((2, 0), (parser.Entries, parser.InvalidLines));
    }

    [Theory]
    [InlineData("256.1.1.1")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.4/33")]
    [InlineData("1.2.3.4/")]
    [InlineData("1.2.3.9 - 1.2.3.4")]
    [InlineData("1.2.3.4 - 2001:db8::1")]
    [InlineData("2001:db8::/129")]
    [InlineData("example.org")]
    [InlineData("Some company:")]
    [InlineData("0001.2.3.4")]
    public void A_line_in_no_format_is_counted_and_blocks_nothing(string line)
    {
        AddressRangeSet set = Parse(out FilterListParser parser, line);

        Assert.Equal(0, set.Count);
        Assert.Equal((0, 1), (parser.Entries, parser.InvalidLines));
    }

    [Fact]
    public void Comments_and_empty_lines_are_ignored()
    {
        AddressRangeSet set = Parse(out FilterListParser parser, "# 1.2.3.4", "; 1.2.3.4", "// 1.2.3.4", "", " \t\r\n");

        Assert.Equal((0, 0, 0), (set.Count, parser.Entries, parser.InvalidLines));
    }

    [Fact]
    public void Any_bytes_are_read_without_an_exception()
    {
        byte[] alphabet = [.. ".:-/,0123456789abcdef# "u8, 0, 255];
        for (int seed = 1; seed <= 20_000; seed++)
        {
            var random = new Random(seed);
            byte[] line = [.. Enumerable.Range(0, random.Next(60)).Select(_ => alphabet[random.Next(alphabet.Length)])];
            var parser = new FilterListParser();
            Exception? error = Record.Exception(() => parser.Add(line));
            Assert.True(error is null, $"seed {seed}: {error}");
            Assert.True(parser.Entries + parser.InvalidLines <= 1, $"seed {seed}");
        }
    }

    private static AddressRangeSet Parse(out FilterListParser parser, params string[] lines)
    {
        parser = new FilterListParser();
        foreach (string line in lines)
            parser.Add(Encoding.UTF8.GetBytes(line));
        return parser.Build();
    }
}
