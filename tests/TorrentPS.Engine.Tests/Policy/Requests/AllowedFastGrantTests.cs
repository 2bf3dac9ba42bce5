using System.Net;
using TorrentPS.Engine.Policy;
using TorrentPS.Engine.Policy.Requests;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Policy.Requests;

/// <summary>The blocks that choked peers can download.</summary>
public sealed class AllowedFastGrantTests
{
    private static readonly PieceIndex[] s_set = [new(3), new(5), new(8)];

    private static BlockAddress Block(int piece, int block) =>
        new(new PieceIndex(piece), block * TorrentGeometry.BlockLength, TorrentGeometry.BlockLength);

    [Fact]
    public void Each_block_is_served_once()
    {
        var grant = new AllowedFastGrant(s_set, 16);

        Assert.True(grant.TryServe(Block(3, 0)));
        Assert.False(grant.TryServe(Block(3, 0)));
        Assert.True(grant.TryServe(Block(3, 1)));
    }

    [Theory]
    [InlineData(2, 16)]
    [InlineData(16, 16)]
    [InlineData(40, 40)]
    [InlineData(1024, 64)]
    public void The_granted_blocks_are_those_of_a_piece_within_bounds(int blocksPerPiece, int blocks)
    {
        var grant = new AllowedFastGrant(s_set, blocksPerPiece);

        int given = Enumerable.Range(0, 5000).Count(block => grant.TryServe(Block(3, block)));

        Assert.Equal(blocks, given);
        Assert.False(grant.HasBlocksLeft);
        Assert.False(grant.CanOffer(new(3), 0));
    }

    [Theory]
    [InlineData(3, 0, 16, true, "the first of the set")]
    [InlineData(4, 0, 16, false, "none of the set")]
    [InlineData(5, 1, 16, false, "the grant is one piece")]
    [InlineData(5, 1, 8, true, "two small pieces fit")]
    [InlineData(3, 0, 1024, true, "part of a large piece")]
    public void A_piece_is_offered_only_if_it_can_be_served(
        int piece, int offered, int blocksPerPiece, bool expected, string because) =>
        Assert.True(new AllowedFastGrant(s_set, blocksPerPiece).CanOffer(new(piece), offered) == expected, because);

    [Fact]
    public void A_peer_that_reconnects_gets_the_rest_of_its_grant()
    {
        var grants = new AllowedFastGrants();
        AllowedFastGrant Make() => new(s_set, 16);
        PeerOrigin peer = new(new IPEndPoint(0x0a000001, 1));

        Assert.True(grants.Of(peer, Make).TryServe(Block(3, 0)));

        Assert.False(grants.Of(new(new IPEndPoint(0x0a000001, 2)), Make).TryServe(Block(3, 0)));
        Assert.True(grants.Of(new(new IPEndPoint(0x0a000002, 2)), Make).TryServe(Block(3, 0)));
    }
}
