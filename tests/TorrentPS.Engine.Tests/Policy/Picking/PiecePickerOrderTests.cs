using TorrentPS.Engine.Policy.Picking;
using TorrentPS.Protocol.Primitives;

using static TorrentPS.Engine.Tests.Policy.Picking.PickerFixture;

namespace TorrentPS.Engine.Tests.Policy.Picking;

public sealed class PiecePickerOrderTests
{
    [Fact]
    public void The_rarest_piece_comes_first()
    {
        PiecePicker picker = Picker(10);
        picker.MarkVerified(Piece(0));
        picker.PeerJoined(Everything(10));
        picker.PeerJoined(Only(10, 0, 1, 2, 3, 4, 6, 7, 8, 9));
        picker.PeerJoined(Only(10, 0, 1, 2, 3, 4, 5, 6, 7, 9));
        picker.PeerJoined(Only(10, 0, 1, 2, 3, 4, 6, 7, 9));

        Assert.Equal([5, 8], picker.Pick(0, Everything(10), 2 * BlocksPerPiece).Pieces());
        Assert.Equal(4, picker.AvailabilityOf(Piece(0)));
        Assert.Equal(2, picker.AvailabilityOf(Piece(5)));
    }

    [Fact]
    public void A_have_raises_the_availability_and_a_disconnect_lowers_it()
    {
        PiecePicker picker = Picker(4);
        picker.MarkVerified(Piece(3));
        Bitfield first = Only(4, 0, 1);
        picker.PeerJoined(first);
        picker.PeerJoined(Only(4, 1));
        Assert.Equal([2], picker.Pick(0, Everything(4), 1).Pieces());

        Bitfield second = Only(4);
        second.Add(Piece(0));
        picker.PeerHas(Piece(0), second);
        second.Add(Piece(1));
        picker.PeerHas(Piece(1), second);
        picker.PeerLeft(first);
        picker.CheckInvariants();
        Assert.Equal([2, 0], picker.Pick(0, Everything(4), BlocksPerPiece).Pieces());
    }

    [Fact]
    public void Equally_rare_pieces_come_in_random_order()
    {
        int[] firsts = [.. Enumerable.Range(0, 40)
            .Select(seed => Picker(100, seed: seed).Pick(0, Everything(100), 1)[0].Piece.Value).Distinct()];
        Assert.True(firsts.Length > 20, $"Only {firsts.Length} different first pieces of 40.");
    }

    [Fact]
    public void A_peer_that_became_a_seed_by_haves_is_removed_as_a_seed()
    {
        PiecePicker picker = Picker(3);
        Bitfield peer = Only(3, 0);
        picker.PeerJoined(peer);
        picker.PeerJoined(Only(3, 2));
        foreach (int piece in new[] { 1, 2 })
        {
            peer.Add(Piece(piece));
            picker.PeerHas(Piece(piece), peer);
        }

        Assert.Equal([1, 1, 2], Enumerable.Range(0, 3).Select(p => picker.AvailabilityOf(Piece(p))));
        picker.PeerLeft(peer);
        Assert.Equal([0, 0, 1], Enumerable.Range(0, 3).Select(p => picker.AvailabilityOf(Piece(p))));
        picker.CheckInvariants();
    }

    [Fact]
    public void Priority_precedes_rarity_and_skipped_pieces_are_never_requested()
    {
        PiecePicker picker = Picker(4);
        picker.PeerJoined(Only(4, 3));
        picker.SetPriority(Piece(3), DownloadPriority.High);
        picker.SetPriority(Piece(1), DownloadPriority.Low);
        picker.SetPriority(Piece(2), DownloadPriority.Skip);

        Assert.Equal([3, 0, 1], picker.Pick(0, Everything(4), 100).Pieces());
        Assert.True(picker.AllRequested);
        Assert.False(picker.Wants(Piece(2)));
        Assert.Equal(3, picker.WantedRemaining);
        Assert.Equal(3L * BlocksPerPiece * TorrentGeometry.BlockLength, picker.BytesLeft);
    }

    [Fact]
    public void Priorities_may_change_while_pieces_are_in_progress()
    {
        PiecePicker picker = Picker(2, PieceStrategy.Sequential);
        picker.Pick(0, Everything(2), 1);
        picker.SetPriority(Piece(0), DownloadPriority.Skip);
        Assert.Equal([1], picker.Pick(0, Everything(2), 100).Pieces());
        picker.SetPriority(Piece(0), DownloadPriority.Normal);
        Assert.Equal(BlocksPerPiece - 1, picker.Pick(0, Everything(2), 100).Length);
        picker.CheckInvariants();
    }

    [Fact]
    public void Sequential_order_ignores_rarity()
    {
        PiecePicker picker = Picker(200, PieceStrategy.Sequential);
        picker.PeerJoined(Only(200, 0, 1, 2));
        picker.MarkVerified(Piece(1));
        Assert.Equal([0, 2, 3, 4], picker.Pick(0, Everything(200), 4 * BlocksPerPiece).Pieces());
        Assert.Equal([70, 130], picker.Pick(1, Only(200, 130, 70, 1), 2 * BlocksPerPiece).Pieces());
    }

    [Fact]
    public void Pieces_are_random_until_one_is_verified_and_then_the_rarest_first()
    {
        const int Pieces = 50;
        var firsts = new HashSet<int>();
        for (int seed = 0; seed < 30; seed++)
        {
            PiecePicker picker = Picker(Pieces, seed: seed);
            picker.PeerJoined(Only(Pieces, [.. Enumerable.Range(1, Pieces - 1)]));
            int first = picker.Pick(0, Everything(Pieces), BlocksPerPiece)[0].Piece.Value;
            firsts.Add(first);
            picker.MarkVerified(Piece(first));
            if (first != 0)
                Assert.Equal([0], picker.Pick(0, Everything(Pieces), 1).Pieces());
        }

        Assert.True(firsts.Count > 10, $"Only {firsts.Count} different first pieces of 30.");
    }

    [Fact]
    public void Only_a_few_pieces_are_begun_at_random()
    {
        const int Pieces = 500;
        PiecePicker picker = Picker(Pieces);
        picker.PeerJoined(Only(Pieces, [.. Enumerable.Range(20, Pieces - 20)]));

        int[] begun = picker.Pick(0, Everything(Pieces), 20 * BlocksPerPiece).Pieces();

        Assert.InRange(begun.Count(piece => piece < 20), 16, 20);
    }

    [Fact]
    public void Random_rarest_first_prefers_rare_pieces_but_not_always_the_rarest()
    {
        const int Pieces = 1000;
        var rare = new List<int>();
        for (int seed = 0; seed < 20; seed++)
        {
            PiecePicker picker = Picker(Pieces, PieceStrategy.RandomRarestFirst, seed);
            picker.PeerJoined(Only(Pieces, [.. Enumerable.Range(300, 700)]));
            picker.PeerJoined(Only(Pieces, [.. Enumerable.Range(1, 999)]));
            rare.AddRange(picker.Pick(0, Everything(Pieces), 10 * BlocksPerPiece).Pieces());
        }

        // Three in ten are rare, so a sample of eight mostly contains one. It seldom contains the rarest.
        Assert.InRange(rare.Count(piece => piece < 300), 160, 199);
        Assert.InRange(rare.Count(piece => piece == 0), 0, 10);
    }

    [Fact]
    public void Random_order_ignores_rarity()
    {
        const int Pieces = 1000;
        PiecePicker picker = Picker(Pieces, PieceStrategy.Random);
        picker.PeerJoined(Only(Pieces, [.. Enumerable.Range(300, 700)]));

        // Three in ten are rare.
        IEnumerable<int> begun = picker.Pick(0, Everything(Pieces), 200 * BlocksPerPiece).Pieces();
        Assert.InRange(begun.Count(piece => piece < 300), 40, 80);
    }

    [Fact]
    public void Sequential_order_begins_at_the_reading_position_and_ends_with_the_pieces_before_it()
    {
        PiecePicker picker = Picker(6, PieceStrategy.Sequential);
        picker.Pick(0, Everything(6), 1);
        picker.ReadingPosition = Piece(3);
        Assert.Equal([3, 4], picker.Pick(0, Everything(6), 2 * BlocksPerPiece).Pieces());

        picker.ReadingPosition = Piece(2);
        Assert.Equal([2, 5, 0, 1], picker.Pick(0, Everything(6), 100).Pieces());
        Assert.Throws<ArgumentOutOfRangeException>(() => picker.ReadingPosition = Piece(6));
    }

    [Fact]
    public void A_new_piece_of_higher_priority_comes_before_a_partial_piece()
    {
        PiecePicker picker = Picker(3);
        int begun = picker.Pick(0, Everything(3), 1)[0].Piece.Value;
        int other = (begun + 1) % 3;
        picker.SetPriority(Piece(other), DownloadPriority.High);

        Assert.Equal([other, begun], picker.Pick(0, Everything(3), (2 * BlocksPerPiece) - 1).Pieces());
    }

    [Theory]
    [InlineData(PieceStrategy.RarestFirst)]
    [InlineData(PieceStrategy.RandomRarestFirst)]
    [InlineData(PieceStrategy.Sequential)]
    public void Pieces_with_a_deadline_come_first_and_the_earliest_deadline_before_the_others(PieceStrategy strategy)
    {
        PiecePicker picker = Picker(50, strategy);
        picker.SetDeadline(Piece(30), TimeSpan.FromSeconds(40));
        picker.SetDeadline(Piece(20), TimeSpan.FromSeconds(20));
        picker.SetDeadline(Piece(10), TimeSpan.FromSeconds(10));
        picker.SetDeadline(Piece(20), TimeSpan.FromSeconds(60));
        picker.SetDeadline(Piece(40), TimeSpan.FromSeconds(1));
        picker.ClearDeadline(Piece(40));
        picker.SetPriority(Piece(30), DownloadPriority.Skip);
        var blocks = new BlockAddress[100];

        int count = picker.PickTimeCritical(Peer(0), Everything(50), TimeSpan.Zero, [1_000_000], blocks);

        Assert.Equal([10, 20], blocks[..count].Pieces());
        picker.MarkVerified(Piece(10));
        picker.MarkVerified(Piece(20));
        Assert.True(picker.HasDeadlines);
        picker.MarkVerified(Piece(30));
        Assert.False(picker.HasDeadlines);
    }

    [Fact]
    public void Near_its_deadline_a_block_is_requested_from_a_second_peer_that_should_send_it_much_sooner()
    {
        PiecePicker picker = Picker(2, PieceStrategy.Sequential);
        picker.SetDeadline(Piece(0), TimeSpan.FromSeconds(20));
        var blocks = new BlockAddress[100];
        long[] rates = [5_000, 1_000_000, 1_000];
        Assert.Equal(BlocksPerPiece, picker.PickTimeCritical(Peer(0), Everything(2), TimeSpan.Zero, rates, blocks));

        Assert.Equal(0, picker.PickTimeCritical(Peer(1), Everything(2), TimeSpan.FromSeconds(1), rates, blocks));
        Assert.Equal(0, picker.PickTimeCritical(Peer(2), Everything(2), TimeSpan.FromSeconds(16), rates, blocks));
        int near = picker.PickTimeCritical(Peer(1), Everything(2), TimeSpan.FromSeconds(16), rates, blocks);
        Assert.Equal(BlocksPerPiece, near);
        Assert.Equal(2, picker.Requesters(blocks[0]).Length);
        picker.CheckInvariants();
    }

    [Fact]
    public void From_a_peer_with_few_of_very_many_pieces_its_rarest_is_requested()
    {
        const int Pieces = 100_000;
        for (int seed = 0; seed < 10; seed++)
        {
            PiecePicker picker = Picker(Pieces, seed: seed);
            picker.MarkVerified(Piece(0));
            int[] few = [.. Enumerable.Range(1, 60).Select(i => i * 1_500)];
            picker.PeerJoined(Only(Pieces, few));
            picker.PeerJoined(Only(Pieces, [.. few.Where(piece => piece != 45_000)]));
            Assert.Equal([45_000], picker.Pick(0, Only(Pieces, few), 1).Pieces());
        }
    }

    [Fact]
    public void From_a_peer_without_the_many_rare_pieces_its_rarest_is_requested()
    {
        const int Pieces = 10_000;
        PiecePicker picker = Picker(Pieces);
        picker.MarkVerified(Piece(0));
        Bitfield common = Only(Pieces, 9_000, 9_500, 9_900);
        picker.PeerJoined(common);
        picker.PeerJoined(Only(Pieces, 9_000, 9_900));
        Assert.Equal([9_500], picker.Pick(0, common, 1).Pieces());
        Assert.Empty(picker.Pick(1, Only(Pieces), 1));
    }

    [Fact]
    public void A_peer_is_interesting_while_it_has_a_wanted_piece_that_is_not_verified()
    {
        PiecePicker picker = Picker(77);
        Bitfield last = Only(77, 76);
        Assert.True(picker.IsInteresting(last));
        Assert.False(picker.IsInteresting(Only(77)));
        picker.SetPriority(Piece(76), DownloadPriority.Skip);
        Assert.False(picker.IsInteresting(last));
        picker.SetPriority(Piece(76), DownloadPriority.Low);
        Assert.True(picker.IsInteresting(last));
        Assert.True(picker.MarkVerified(Piece(76)));
        Assert.False(picker.MarkVerified(Piece(76)));
        Assert.False(picker.IsInteresting(last));
        Assert.True(picker.IsInteresting(Everything(77)));
    }
}
