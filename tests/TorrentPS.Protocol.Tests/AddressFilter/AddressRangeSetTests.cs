using System.Buffers.Binary;
using System.Net;
using System.Text;
using TorrentPS.Protocol.AddressFilter;

namespace TorrentPS.Protocol.Tests.AddressFilter;

public sealed class AddressRangeSetTests
{
    [Fact]
    public void Ranges_that_overlap_touch_or_repeat_become_one()
    {
        AddressRangeSet set = Parse("1.0.0.5-1.0.0.9", "1.0.0.0-1.0.0.6", "1.0.0.10", "1.0.0.2-1.0.0.3", "1.0.0.12");

        Assert.Equal(2, set.Count);
        Assert.True(set.Contains(IPAddress.Parse("1.0.0.10")));
        Assert.False(set.Contains(IPAddress.Parse("1.0.0.11")));
        Assert.True(set.Contains(IPAddress.Parse("1.0.0.12")));
    }

    [Fact]
    public void The_highest_addresses_of_both_families_can_be_blocked()
    {
        AddressRangeSet set = Parse(
            "255.255.255.255", "255.255.255.0-255.255.255.255", "ffff::/16", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");

        Assert.Equal(2, set.Count);
        Assert.True(set.Contains(IPAddress.Broadcast));
        Assert.True(set.Contains(IPAddress.Parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")));
    }

    [Fact]
    public void An_IPv4_mapped_address_is_found_as_IPv4() =>
        Assert.True(Parse("1.2.3.4").Contains(IPAddress.Parse("::ffff:1.2.3.4")));

    [Fact]
    public void The_empty_set_contains_nothing()
    {
        Assert.Equal(0, AddressRangeSet.Empty.Count);
        Assert.False(AddressRangeSet.Empty.Contains(IPAddress.Any));
        Assert.False(AddressRangeSet.Empty.Contains(IPAddress.IPv6Any));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 31)]
    [InlineData(3, 32)]
    [InlineData(4, 33)]
    [InlineData(5, 2_000)]
    public void Lookups_agree_with_a_search_through_all_ranges(int seed, int count)
    {
        var random = new Random(seed);
        (uint First, uint Last)[] ranges =
            [.. Enumerable.Range(0, count).Select(_ => (uint)random.NextInt64(1L << 32))
                .Select(first => (first, first + (uint)random.Next(1 << 20)))
                .Where(range => range.first <= range.Item2)];
        AddressRangeSet set = Parse([.. ranges.Select(range => $"{Address(range.First)}-{Address(range.Last)}")]);

        IEnumerable<uint> edges = ranges.SelectMany(
            range => new[] { range.First - 1, range.First, range.Last, range.Last + 1 });
        foreach (uint number in edges.Concat(Enumerable.Range(0, 1_000).Select(_ => (uint)random.NextInt64(1L << 32))))
        {
            bool expected = ranges.Any(range => range.First <= number && number <= range.Last);
            Assert.True(expected == set.Contains(Address(number)), $"seed {seed}: {Address(number)}");
        }
    }

    private static IPAddress Address(uint number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }

    private static AddressRangeSet Parse(params string[] lines)
    {
        var parser = new FilterListParser();
        foreach (string line in lines)
            parser.Add(Encoding.ASCII.GetBytes(line));
        return parser.Build();
    }
}
