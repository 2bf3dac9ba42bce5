using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Primitives;

public sealed class TorrentGeometryTests
{
    [Fact]
    public void The_blocks_of_all_pieces_cover_the_content_exactly() =>
        Prop.ForAll(Arb.From(Gen.Choose(1, 500_000)), Arb.From(Gen.Choose(1, 100_000)), (total, pieceLength) =>
            Covers(TorrentGeometry.Continuous(total, pieceLength), total)).QuickCheckThrowOnFailure();

    [Fact]
    public void File_aligned_pieces_cover_every_file_exactly() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, 100_000).ArrayOf()), files =>
            Covers(TorrentGeometry.FileAligned(files.Select(f => (long)f), 16384),
                files.Sum(f => (long)f))).QuickCheckThrowOnFailure();

    [Fact]
    public void Content_of_a_whole_number_of_pieces_has_no_short_piece()
    {
        TorrentGeometry geometry = TorrentGeometry.Continuous(3 * 65536, 65536);
        Assert.Equal(
            (3, 65536, 4), (geometry.PieceCount, geometry.LengthOf(new PieceIndex(2)), geometry.BlocksPerPiece));
        Assert.Equal(2 * 65536, geometry.OffsetOf(new PieceIndex(2)));
    }

    [Fact]
    public void Each_v2_file_starts_a_piece_and_empty_files_have_none()
    {
        TorrentGeometry geometry = TorrentGeometry.FileAligned([20_000, 0, 16384, 1], 16384);
        Assert.Equal(
            [16384, 20_000 - 16384, 16384, 1],
            Enumerable.Range(0, geometry.PieceCount).Select(i => geometry.LengthOf(new PieceIndex(i))));
        Assert.Equal((3 * 16384) + 1, geometry.TotalLength);
    }

    [Theory]
    [InlineData(0, 0, 16384, true, true)]
    [InlineData(0, 16384, 16384, true, true)]
    [InlineData(0, 32768, 2232, true, true)]
    [InlineData(0, 32768, 16384, false, false)]
    [InlineData(0, 0, 100, false, true)]
    [InlineData(0, 5, 16384, false, true)]
    [InlineData(0, 35000, 1, false, false)]
    [InlineData(0, 34999, 1, false, true)]
    [InlineData(0, 0, 0, false, false)]
    [InlineData(0, -1, 16384, false, false)]
    [InlineData(0, 16384, -5, false, false)]
    [InlineData(0, 16384, int.MaxValue, false, false)]
    [InlineData(2, 0, 16384, false, false)]
    [InlineData(-1, 0, 16384, false, false)]
    [InlineData(1, 0, 5000, true, true)]
    public void A_block_address_is_checked_against_the_geometry(
        int piece, int begin, int length, bool isBlock, bool isWithin)
    {
        TorrentGeometry geometry = TorrentGeometry.Continuous(40_000, 35_000);
        var address = new BlockAddress(new PieceIndex(piece), begin, length);
        Assert.Equal((isBlock, isWithin), (geometry.IsBlock(address), geometry.IsWithin(address)));
    }

    [Fact]
    public void Invalid_lengths_throw()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => TorrentGeometry.Continuous(-1, 16384));
        Assert.Throws<ArgumentOutOfRangeException>(() => TorrentGeometry.Continuous(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => TorrentGeometry.Continuous(1, TorrentGeometry.MaxPieceLength + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => TorrentGeometry.Continuous(long.MaxValue, 16384));
        Assert.Throws<ArgumentOutOfRangeException>(() => TorrentGeometry.FileAligned([-1], 16384));
        Assert.Throws<ArgumentOutOfRangeException>(() => TorrentGeometry.FileAligned([long.MaxValue], 16384));
        TorrentGeometry geometry = TorrentGeometry.Continuous(100, 16384);
        Assert.Throws<ArgumentOutOfRangeException>(() => geometry.LengthOf(new PieceIndex(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => geometry.Block(new PieceIndex(0), 1));
    }

    private static bool Covers(TorrentGeometry geometry, long content)
    {
        long covered = 0;
        for (int piece = 0; piece < geometry.PieceCount; piece++)
        {
            var index = new PieceIndex(piece);
            int next = 0;
            for (int block = 0; block < geometry.BlockCountOf(index); block++)
            {
                BlockAddress address = geometry.Block(index, block);
                if (address.Begin != next || address.BlockIndex != block || !geometry.IsBlock(address)
                    || !geometry.IsWithin(address))
                    return false;
                next += address.Length;
            }

            if (next != geometry.LengthOf(index))
                return false;
            covered += next;
        }

        return covered == content;
    }
}
