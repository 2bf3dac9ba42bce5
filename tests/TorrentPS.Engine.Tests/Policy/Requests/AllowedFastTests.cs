using System.Net;
using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Policy.Requests;

public sealed class AllowedFastTests
{
    private static readonly InfoHash Hash = new([.. Enumerable.Repeat((byte)0xaa, InfoHash.Length)]);
    private static readonly IPAddress Peer = IPAddress.Parse("80.4.4.200");

    [Theory]
    [InlineData(7)]
    [InlineData(9)]
    public void The_set_equals_the_examples_of_BEP_6(int count)
    {
        int[] expected = [1059, 431, 808, 1217, 287, 376, 1188, 353, 508];
        Assert.Equal(expected[..count], AllowedFast.Generate(Peer, Hash, 1313, count).Select(p => p.Value));
    }

    [Fact]
    public void Peers_of_the_same_24_bit_network_get_the_same_set() =>
        Assert.Equal(
            AllowedFast.Generate(Peer, Hash, 1313),
            AllowedFast.Generate(IPAddress.Parse("::ffff:80.4.4.7"), Hash, 1313));

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(10)]
    public void The_set_of_a_small_torrent_contains_each_piece_once(int pieces) =>
        Assert.Equal(Enumerable.Range(0, pieces), AllowedFast.Generate(Peer, Hash, pieces).Select(p => p.Value));

    [Fact]
    public void There_is_no_set_for_IPv6() =>
        Assert.Empty(AllowedFast.Generate(IPAddress.Parse("2001:db8::1"), Hash, 1313));
}
