using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Protocol.Primitives;

using static TorrentPS.Engine.Tests.Policy.Picking.PickerFixture;

namespace TorrentPS.Engine.Tests.Policy.Picking;

public sealed class PiecePickerRunTests
{
    [Fact]
    public void A_peer_that_prefers_consecutive_pieces_begins_at_the_start_of_the_longest_run()
    {
        PiecePicker picker = Runs(20, 0, have: [0, 3, 12]);
        Assert.Equal([4, 5, 6, 7, 8, 9, 10, 11, 13, 14], picker.Pick(0, Everything(20), 10 * BlocksPerPiece).Pieces());
    }

    [Fact]
    public void A_second_such_peer_begins_in_the_middle_of_the_run_before_the_first()
    {
        PiecePicker picker = Runs(20, 0);
        picker.PreferConsecutive(Peer(1));
        Assert.Equal([0, 1], picker.Pick(0, Everything(20), 2 * BlocksPerPiece).Pieces());
        Assert.Equal([11, 12], picker.Pick(1, Everything(20), 2 * BlocksPerPiece).Pieces());
        Assert.Equal([2, 3], picker.Pick(0, Everything(20), 2 * BlocksPerPiece).Pieces());
    }

    [Fact]
    public void A_run_continues_before_partial_pieces_of_other_peers_are_shared()
    {
        PiecePicker picker = Runs(10, 0);
        Assert.Equal([0], picker.Pick(0, Everything(10), BlocksPerPiece).Pieces());
        Assert.Equal([7], picker.Pick(5, Only(10, 7), 1).Pieces());
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], picker.Pick(0, Everything(10), (6 * BlocksPerPiece) + 3).Pieces());
    }

    [Fact]
    public void A_piece_of_higher_priority_interrupts_a_run()
    {
        PiecePicker picker = Runs(10, 0);
        Assert.Equal([0], picker.Pick(0, Everything(10), BlocksPerPiece).Pieces());
        picker.SetPriority(Piece(8), DownloadPriority.High);
        Assert.Equal([8, 9, 4], picker.Pick(0, Everything(10), 3 * BlocksPerPiece).Pieces());
    }

    [Fact]
    public void The_next_peer_with_the_same_index_does_not_prefer_consecutive_pieces()
    {
        PiecePicker picker = Runs(1000, 0);
        picker.ReleaseAll(Peer(0));
        int[] pieces = picker.Pick(0, Everything(1000), 8 * BlocksPerPiece).Pieces();
        Assert.DoesNotContain(pieces.Zip(pieces[1..]), pair => pair.Second == pair.First + 1);
    }

    [Fact]
    public void The_longest_common_run_equals_that_of_a_plain_count()
    {
        Arbitrary<bool[]> sets = ArbMap.Default.GeneratorFor<bool>().ArrayOf()
            .Where(set => set.Length > 0).ToArbitrary();
        Prop.ForAll(sets, Gen.Choose(1, 200).ToArbitrary(), (pattern, length) =>
        {
            Bitfield left = Of(length, i => pattern[i % pattern.Length]);
            Bitfield right = Of(length, i => i % 67 != 66);
            (int First, int Length) expected = (-1, 0);
            for (int first = 0; first < length; first++)
            {
                int row = 0;
                while (left.Contains(new(first + row)) && right.Contains(new(first + row)))
                    row++;
                if (row > expected.Length)
                    expected = (first, row);
            }

            return PieceScan.LongestCommonRun(left.Bytes, right.Bytes) == expected;
        }).QuickCheckThrowOnFailure();
    }

    private static Bitfield Of(int length, Func<int, bool> has) =>
        Only(length, [.. Enumerable.Range(0, length).Where(has)]);

    private static PiecePicker Runs(int pieces, int peer, params int[] have)
    {
        PiecePicker picker = Picker(pieces);
        picker.PeerJoined(Everything(pieces));
        foreach (int piece in have)
            picker.MarkVerified(Piece(piece));
        picker.PreferConsecutive(Peer(peer));
        return picker;
    }
}
