using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Protocol.Tests.Metainfo;

public sealed class MerkleTreeTests
{
    [Fact]
    public void A_single_leaf_is_its_own_root() => Assert.Equal(Leaves(1), MerkleTree.RootOfLeaves(Leaves(1)));

    [Fact]
    public void Missing_leaves_are_zero()
    {
        byte[] leaves = Leaves(3);
        byte[] expected = Pair(Pair(leaves[..32], leaves[32..64]), Pair(leaves[64..], new byte[32]));
        Assert.Equal(expected, MerkleTree.RootOfLeaves(leaves));
    }

    [Fact]
    public void A_wider_tree_is_padded_with_hashes_of_zeros()
    {
        byte[] leaf = Leaves(1);
        byte[] zeros = Pair(new byte[32], new byte[32]);
        Assert.Equal(Pair(Pair(leaf, new byte[32]), zeros), MerkleTree.Root(leaf, 4));
    }

    [Fact]
    public void The_piece_layer_and_the_leaves_have_the_same_root() =>
        Prop.ForAll(Arb.From(Gen.Choose(1, 70)), Arb.From(Gen.Choose(0, 3)), (count, shift) =>
        {
            byte[] leaves = Leaves(count);
            int pieceLength = MerkleTree.LeafLength << shift;
            if (count <= 1 << shift)
                return true;
            byte[] layer = MerkleTree.PieceLayer(leaves, pieceLength);
            return layer.Length == (count + (1 << shift) - 1 >> shift) * 32
                && MerkleTree.RootOfPieceLayer(layer, pieceLength).AsSpan().SequenceEqual(
                    MerkleTree.RootOfLeaves(leaves));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Invalid_trees_throw()
    {
        Assert.Throws<ArgumentException>(() => MerkleTree.RootOfLeaves([]));
        Assert.Throws<ArgumentException>(() => MerkleTree.RootOfLeaves(new byte[33]));
        Assert.Throws<ArgumentException>(() => MerkleTree.Root(Leaves(3), 2));
        Assert.Throws<ArgumentException>(() => MerkleTree.Root(Leaves(3), 5));
        Assert.Throws<ArgumentException>(() => MerkleTree.PieceLayer(Leaves(3), 10_000));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16384, 1)]
    [InlineData(16385, 2)]
    [InlineData(3 * 16384, 4)]
    [InlineData(4 * 16384, 4)]
    [InlineData((4 * 16384) + 1, 4)]
    [InlineData(long.MaxValue, 4)]
    public void The_tree_of_a_piece_is_full_unless_the_file_fits_in_one_piece(long fileLength, int leaves) =>
        Assert.Equal(leaves, MerkleTree.LeavesPerPieceTree(fileLength, 4 * 16384));

    private static byte[] Leaves(int count) =>
        [.. Enumerable.Range(0, count).SelectMany(i => SHA256.HashData([(byte)i]))];

    private static byte[] Pair(byte[] left, byte[] right) => SHA256.HashData([.. left, .. right]);
}
