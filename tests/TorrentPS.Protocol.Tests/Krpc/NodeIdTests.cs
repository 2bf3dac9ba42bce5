using System.Net;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Krpc;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Krpc;

public class NodeIdTests
{
    [Fact]
    public void Bytes_and_hexadecimal_text_round_trip() =>
        Prop.ForAll<int>(seed =>
        {
            NodeId id = NodeId.Random(new Random(seed));
            byte[] bytes = new byte[NodeId.Length];
            id.CopyTo(bytes);
            return new NodeId(bytes) == id && Convert.ToHexStringLower(bytes) == id.ToString()
                && NodeId.TryParse(id.ToString(), out NodeId parsed) && parsed == id
                && id.ToInfoHash().ToArray().SequenceEqual(bytes);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Distance_and_order_match_those_of_the_bytes() =>
        Prop.ForAll<int, int>((a, b) =>
        {
            (NodeId left, NodeId right) = (NodeId.Random(new Random(a)), NodeId.Random(new Random(b)));
            byte[] x = Convert.FromHexString(left.ToString()), y = Convert.FromHexString(right.ToString());
            byte[] xor = [.. x.Zip(y, (p, q) => (byte)(p ^ q))];
            return left.DistanceTo(right) == new NodeId(xor)
                && Math.Sign(left.CompareTo(right)) == Math.Sign(x.AsSpan().SequenceCompareTo(y));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_random_id_with_a_prefix_shares_exactly_that_prefix()
    {
        var random = new Random(1);
        for (int prefix = 0; prefix < NodeId.Bits; prefix++)
        {
            NodeId id = NodeId.Random(random);
            Assert.Equal(prefix, id.CommonPrefixLength(id.RandomWithPrefix(prefix, random)));
            Assert.Equal(NodeId.Bits, id.CommonPrefixLength(id));
        }
    }

    /// <summary>The examples of BEP 42. The first 21 bits and the last byte are significant.</summary>
    [Theory]
    [InlineData("124.31.75.21", "5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401")]
    [InlineData("21.75.31.124", "5a3ce9c14e7a08645677bbd1cfe7d8f956d53256")]
    [InlineData("65.23.51.170", "a5d43220bc8f112a3d426c84764f8c2a1150e616")]
    public void The_example_ids_of_BEP_42_are_valid_for_their_addresses_only(string address, string id)
    {
        var node = new NodeAddress(new IPEndPoint(IPAddress.Parse(address), 6881));
        Assert.True(NodeId.TryParse(id, out NodeId parsed));
        Assert.True(SecureNodeId.Verify(parsed, node));
        Assert.False(SecureNodeId.Verify(parsed, new NodeAddress(new IPEndPoint(IPAddress.Parse("9.9.9.9"), 6881))));
    }

    [Theory]
    [InlineData("1.2.3.4")]
    [InlineData("2001:db8:1:2:3:4:5:6")]
    public void A_generated_id_is_valid_and_a_random_id_is_not(string address)
    {
        var random = new Random(7);
        var node = new NodeAddress(new IPEndPoint(IPAddress.Parse(address), 1));
        for (int i = 0; i < 50; i++)
            Assert.True(SecureNodeId.Verify(SecureNodeId.Generate(node, random), node));
        Assert.InRange(Enumerable.Range(0, 100).Count(_ => SecureNodeId.Verify(NodeId.Random(random), node)), 0, 1);
    }

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("127.0.0.1")]
    [InlineData("172.16.9.9")]
    [InlineData("192.168.0.9")]
    [InlineData("169.254.1.1")]
    [InlineData("fe80::1")]
    [InlineData("fd12::1")]
    [InlineData("::1")]
    public void Every_id_is_valid_for_a_private_address(string address)
    {
        var node = new NodeAddress(new IPEndPoint(IPAddress.Parse(address), 1));
        Assert.True(SecureNodeId.Verify(NodeId.Random(new Random(3)), node));
    }

    [Theory]
    [InlineData("1.2.3.4", 6881, 6)]
    [InlineData("::ffff:1.2.3.4", 6881, 6)]
    [InlineData("2001:db8::9", 80, 18)]
    public void A_compact_address_round_trips(string text, int port, int length)
    {
        IPAddress address = IPAddress.Parse(text);
        var node = new NodeAddress(new IPEndPoint(address, port));
        byte[] bytes = new byte[18];
        Assert.Equal(length, node.Write(bytes));
        Assert.True(NodeAddress.TryRead(bytes.AsSpan(0, length), out NodeAddress read));
        Assert.Equal(node, read);
        Assert.Equal(new IPEndPoint(address.Unmap(), port), read.ToEndPoint());
    }

    [Theory]
    [InlineData("0.1.2.3", 1, false)]
    [InlineData("224.0.0.1", 1, false)]
    [InlineData("255.255.255.255", 1, false)]
    [InlineData("ff02::1", 1, false)]
    [InlineData("::", 1, false)]
    [InlineData("1.2.3.4", 0, false)]
    [InlineData("1.2.3.4", 1, true)]
    [InlineData("2001:db8::1", 1, true)]
    public void Only_unicast_addresses_with_a_port_are_usable(string address, int port, bool usable) =>
        Assert.Equal(usable, new NodeAddress(new IPEndPoint(IPAddress.Parse(address), port)).IsUsable);
}
