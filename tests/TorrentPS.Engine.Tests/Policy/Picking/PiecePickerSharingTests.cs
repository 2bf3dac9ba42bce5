using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Protocol.Primitives;

using static TorrentPS.Engine.Tests.Policy.Picking.PickerFixture;

namespace TorrentPS.Engine.Tests.Policy.Picking;

public sealed class PiecePickerSharingTests
{
    [Fact]
    public void Blocks_are_requested_in_order_and_a_short_last_piece_ends_with_a_short_block()
    {
        var geometry = TorrentGeometry.Continuous(
            (5 * TorrentGeometry.BlockLength) + 100,
            4 * TorrentGeometry.BlockLength);
        var picker = new PiecePicker(geometry, PieceStrategy.Sequential, new Random(1));
        BlockAddress[] blocks = picker.Pick(0, Everything(2), 10);
        Assert.Equal(
            [geometry.Block(Piece(0), 0), geometry.Block(Piece(0), 1), geometry.Block(Piece(0), 2),
                geometry.Block(Piece(0), 3),
             geometry.Block(Piece(1), 0), geometry.Block(Piece(1), 1)],
            blocks);
        Assert.Equal(100, blocks[^1].Length);
    }

    [Fact]
    public void Slow_peers_complete_partial_pieces_before_new_ones_are_begun()
    {
        PiecePicker picker = Picker(10);
        int begun = picker.Pick(0, Everything(10), 1)[0].Piece.Value;
        Assert.Equal([begun], picker.Pick(1, Everything(10), BlocksPerPiece - 1).Pieces());
        Assert.NotEqual([begun], picker.Pick(2, Everything(10), 1).Pieces());
        Assert.Equal(2, picker.PartialCount);
    }

    [Fact]
    public void The_partial_piece_with_the_fewest_free_blocks_comes_first()
    {
        PiecePicker picker = Picker(10);
        picker.Pick(0, Only(10, 3), 1);
        picker.Pick(1, Only(10, 7), 3);
        picker.Pick(2, Only(10, 5), 2);
        Assert.Equal([7, 5, 3], picker.Pick(3, Everything(10), 1 + 2 + 3).Pieces());
    }

    [Fact]
    public void Each_fast_peer_downloads_whole_pieces_alone()
    {
        PiecePicker picker = Picker(10);
        int[] first = picker.Pick(0, Everything(10), 1, hint: BlocksPerPiece).Pieces();
        int[] second = picker.Pick(1, Everything(10), 1, hint: BlocksPerPiece).Pieces();
        Assert.NotEqual(first, second);
        Assert.Equal(first, picker.Pick(0, Everything(10), 3, hint: BlocksPerPiece).Pieces());
        Assert.Equal(second, picker.Pick(1, Everything(10), 3, hint: BlocksPerPiece).Pieces());
        Assert.NotEqual(first, picker.Pick(2, Everything(10), 1).Pieces());
    }

    [Fact]
    public void A_piece_that_is_too_long_for_the_rate_of_a_peer_is_shared()
    {
        PiecePicker picker = Picker(10);
        int[] first = picker.Pick(0, Everything(10), 1, hint: BlocksPerPiece - 1).Pieces();
        Assert.Equal(first, picker.Pick(1, Everything(10), 1).Pieces());
    }

    [Fact]
    public void The_piece_of_a_fast_peer_is_shared_when_nothing_else_can_be_requested()
    {
        PiecePicker picker = Picker(1);
        picker.Pick(0, Everything(1), 1, hint: BlocksPerPiece);
        Assert.Equal(BlocksPerPiece - 1, picker.Pick(1, Everything(1), 10, hint: BlocksPerPiece).Length);
        Assert.True(picker.AllRequested);
    }

    [Fact]
    public void A_piece_that_a_fast_peer_abandons_is_completed_by_others()
    {
        PiecePicker picker = Picker(10);
        BlockAddress[] blocks = picker.Pick(0, Everything(10), 2, hint: BlocksPerPiece);
        picker.Receive(blocks[0], 0);
        picker.Release(blocks[1], Peer(0));
        Assert.Equal(blocks[1], picker.Pick(1, Everything(10), 1)[0]);
    }

    [Fact]
    public void At_the_maximum_of_partial_pieces_peers_share_them()
    {
        PiecePicker picker = Picker(10);
        picker.MaxPartialPieces = 1;
        int[] first = picker.Pick(0, Everything(10), 1, hint: BlocksPerPiece).Pieces();
        Assert.Equal(first, picker.Pick(1, Everything(10), 100, hint: BlocksPerPiece).Pieces());
        Assert.Empty(picker.Pick(2, Everything(10), 1));
        Assert.False(picker.AllRequested);
    }

    [Fact]
    public void A_peer_on_parole_gets_pieces_to_which_no_other_peer_contributes()
    {
        PiecePicker picker = Picker(3, PieceStrategy.Sequential);
        picker.Pick(0, Everything(3), 1);
        var blocks = new BlockAddress[BlocksPerPiece + 1];
        Assert.Equal(2, picker.PickAlone(Peer(1), Everything(3), blocks.AsSpan(0, 2)));
        Assert.Equal([1], blocks[..2].Pieces());
        Assert.Equal([0, 2], picker.Pick(0, Everything(3), BlocksPerPiece).Pieces());
        Assert.Equal(2, picker.PickAlone(Peer(1), Everything(3), blocks));
        Assert.Equal([1], blocks[..2].Pieces());
    }

    [Fact]
    public void Only_allowed_fast_pieces_are_requested_from_a_choking_peer()
    {
        PiecePicker picker = Picker(10);
        picker.MarkVerified(Piece(2));
        picker.SetPriority(Piece(3), DownloadPriority.Skip);
        var blocks = new BlockAddress[100];
        int count = picker.Pick(Peer(0), Only(10, 2, 3, 4), [Piece(2), Piece(3), Piece(4), Piece(5)], blocks);
        Assert.Equal(BlocksPerPiece, count);
        Assert.Equal([4], blocks[..count].Pieces());
        picker.CheckInvariants();
    }
}
