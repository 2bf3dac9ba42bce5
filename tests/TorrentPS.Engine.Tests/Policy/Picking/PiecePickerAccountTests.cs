using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Protocol.Primitives;

using static TorrentPS.Engine.Tests.Policy.Picking.PickerFixture;

namespace TorrentPS.Engine.Tests.Policy.Picking;

public sealed class PiecePickerAccountTests
{
    private static readonly BlockResult Accepted = new(BlockOutcome.Accepted, false);

    [Fact]
    public void The_last_block_completes_the_piece_which_then_waits_for_its_hash_check()
    {
        PiecePicker picker = Picker(1);
        BlockAddress[] blocks = picker.Pick(0, Everything(1), BlocksPerPiece);
        foreach (BlockAddress block in blocks[..^1])
            Assert.Equal(Accepted, picker.Receive(block, 0));
        Assert.Equal(new BlockResult(BlockOutcome.Accepted, true), picker.Receive(blocks[^1], 0));
        Assert.True(picker.HasAllBlocks(Piece(0)));
        Assert.Empty(picker.Pick(1, Everything(1), 1));
        Assert.False(picker.IsFinished);

        Assert.True(picker.MarkVerified(Piece(0)));
        Assert.True(picker.IsFinished);
        Assert.Equal(0, picker.BytesLeft);
        Assert.True(picker.Have.IsComplete);
    }

    [Fact]
    public void A_block_received_before_is_a_duplicate()
    {
        PiecePicker picker = Picker(2, PieceStrategy.Sequential);
        BlockAddress block = picker.Pick(0, Everything(2), 1)[0];
        picker.Receive(block, 0);
        Assert.Equal(BlockOutcome.Duplicate, picker.Receive(block, 1).Outcome);
        picker.MarkVerified(Piece(0));
        Assert.Equal(BlockOutcome.Duplicate, picker.Receive(block, 1).Outcome);
    }

    [Fact]
    public void A_block_outside_the_torrent_or_of_a_skipped_piece_is_unwanted()
    {
        PiecePicker picker = Picker(2);
        picker.SetPriority(Piece(1), DownloadPriority.Skip);
        BlockAddress skipped = Geometry(2).Block(Piece(1), 0);
        BlockAddress[] unwanted =
        [
            skipped,
            skipped with { Piece = Piece(9) },
            new(Piece(0), 1, TorrentGeometry.BlockLength),
            new(Piece(0), 0, 5),
        ];
        foreach (BlockAddress bad in unwanted)
            Assert.Equal(new BlockResult(BlockOutcome.Unwanted, false), picker.Receive(bad, 0));
        Assert.Equal(0, picker.PartialCount);
    }

    [Fact]
    public void A_block_that_arrives_after_its_request_was_withdrawn_is_accepted()
    {
        PiecePicker picker = Picker(1);
        BlockAddress block = picker.Pick(0, Everything(1), 1)[0];
        picker.Release(block, Peer(0));
        Assert.Equal(0, picker.PartialCount);
        Assert.Equal(Accepted, picker.Receive(block, 0));
        Assert.DoesNotContain(block, picker.Pick(1, Everything(1), BlocksPerPiece));
    }

    [Fact]
    public void A_released_block_is_requested_next()
    {
        PiecePicker picker = Picker(4);
        BlockAddress[] blocks = picker.Pick(0, Everything(4), 3);
        picker.Release(blocks[1], Peer(0));
        picker.Release(blocks[1], Peer(0));
        picker.Release(blocks[0], Peer(3));
        Assert.Equal(blocks[1], picker.Pick(1, Everything(4), 1)[0]);
        picker.CheckInvariants();
    }

    [Fact]
    public void Requests_from_a_disconnected_peer_are_free_again_and_its_blocks_remain()
    {
        PiecePicker picker = Picker(3, PieceStrategy.Sequential);
        BlockAddress[] blocks = picker.Pick(0, Everything(3), 6);
        picker.Receive(blocks[0], 0);
        picker.ReleaseAll(Peer(0));
        picker.CheckInvariants();
        Assert.Equal(1, picker.PartialCount);
        Assert.True(picker.HasContributions(Peer(0)));
        Assert.Equal(blocks[1..6], picker.Pick(1, Everything(3), 5));
    }

    [Fact]
    public void The_sender_of_each_block_is_known_until_the_piece_is_verified_or_reset()
    {
        PiecePicker picker = Picker(1);
        BlockAddress[] blocks = picker.Pick(0, Everything(1), 2);
        BlockAddress[] others = picker.Pick(1, Everything(1), 2);
        foreach (BlockAddress block in blocks)
            picker.Receive(block, 0);
        foreach (BlockAddress block in others)
            picker.Receive(block, 1);
        Assert.Equal([Peer(0), Peer(0), Peer(1), Peer(1)], picker.Contributors(Piece(0)).ToArray());

        picker.Reset(Piece(0));
        Assert.True(picker.Contributors(Piece(0)).IsEmpty);
        Assert.False(picker.HasContributions(Peer(0)));
        Assert.Equal(BlocksPerPiece, picker.Pick(2, Everything(1), 10).Length);
    }

    [Fact]
    public void A_verified_piece_that_is_reset_is_requested_again()
    {
        PiecePicker picker = Picker(2);
        picker.MarkVerified(Piece(0));
        picker.Reset(Piece(0));
        Assert.Equal(2, picker.WantedRemaining);
        Assert.Equal(2 * BlocksPerPiece, picker.Pick(0, Everything(2), 100).Length);
        picker.CheckInvariants();
    }

    [Fact]
    public void In_endgame_the_blocks_expected_last_are_requested_twice_and_the_other_requester_is_known()
    {
        PiecePicker picker = Picker(2, PieceStrategy.Sequential);
        long[] rates = [1_000, 20_000, 1_000_000];
        BlockAddress[] slow = picker.Pick(0, Everything(2), BlocksPerPiece);
        Assert.Empty(picker.PickEndgame(2, Everything(2), 8, rates));
        BlockAddress[] slowish = picker.Pick(1, Everything(2), BlocksPerPiece);

        BlockAddress[] repeated = picker.PickEndgame(2, Everything(2), 5, rates);
        Assert.Equal([.. slow.Reverse(), slowish[^1]], repeated);
        Assert.Equal(5, picker.Outstanding(Peer(2)));
        Assert.Empty(picker.PickEndgame(3, Only(2, 0), 8, [.. rates, 2_000_000_000]));

        Assert.Equal(Accepted, picker.Receive(slow[0], 2));
        Assert.Equal([Peer(0)], picker.Requesters(slow[0]).ToArray());
        picker.Release(slow[0], Peer(0));
        Assert.True(picker.Requesters(slow[0]).IsEmpty);
        picker.Release(slow[1], Peer(2));
        Assert.Equal([Peer(0)], picker.Requesters(slow[1]).ToArray());
        Assert.True(picker.AllRequested);
        picker.CheckInvariants();
    }

    [Fact]
    public void In_endgame_a_block_expected_soon_is_not_requested_twice()
    {
        PiecePicker picker = Picker(1);
        BlockAddress[] blocks = picker.Pick(0, Everything(1), BlocksPerPiece);
        Assert.Empty(picker.PickEndgame(1, Everything(1), 8, 1_000_000, 100_000_000));
        // At 25 kB/s the four arrive after 0.7, 1.3, 2 and 2.6 s. A second peer of that rate can send one after 0.7 s.
        Assert.Equal([blocks[3]], picker.PickEndgame(1, Everything(1), 8, 25_000, 25_000));
    }

    [Fact]
    public void In_endgame_the_blocks_of_a_stalled_peer_are_requested_only_from_peers_with_the_piece_and_a_rate()
    {
        PiecePicker picker = Picker(1);
        picker.Pick(0, Everything(1), BlocksPerPiece);
        Assert.Empty(picker.PickEndgame(1, Everything(1), 8, 0));
        Assert.Empty(picker.PickEndgame(1, Only(1), 8, 0, 1_000_000));
        Assert.Equal(BlocksPerPiece, picker.PickEndgame(1, Everything(1), 8, 0, 1).Length);
    }

    [Fact]
    public void With_very_many_requests_endgame_reaches_all_of_them()
    {
        const int Pieces = 3_000;
        PiecePicker picker = Picker(Pieces);
        Assert.Equal(Pieces * BlocksPerPiece, picker.Pick(0, Everything(Pieces), Pieces * BlocksPerPiece).Length);

        for (int call = 0; call < Pieces && !picker.IsFinished; call++)
        {
            foreach (BlockAddress block in picker.PickEndgame(1, Everything(Pieces), 64, 1_000, 1_000_000_000))
            {
                if (picker.Receive(block, 1).PieceComplete)
                    picker.MarkVerified(block.Piece);
            }
        }

        // The slow peer sends the last few about as early.
        Assert.InRange(picker.WantedRemaining, 0, 1);
    }
}
