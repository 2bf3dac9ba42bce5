using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Primitives;

public sealed class BitfieldTests
{
    [Fact]
    public void A_bitfield_behaves_like_a_set_of_pieces() =>
        Prop.ForAll(Arb.From(Gen.Choose(1, 200)), ArbMap.Default.ArbFor<(byte Piece, bool Add)[]>(), (count, steps) =>
        {
            var field = new Bitfield(count);
            var model = new HashSet<int>();
            foreach ((byte number, bool add) in steps)
            {
                int piece = number % count;
                bool changed = add ? model.Add(piece) : model.Remove(piece);
                if ((add ? field.Add(new PieceIndex(piece)) : field.Remove(new PieceIndex(piece))) != changed)
                    return false;
            }

            return field.Count == model.Count
                && field.IsComplete == (model.Count == count)
                && Enumerable.Range(0, count).All(i => field.Contains(new PieceIndex(i)) == model.Contains(i));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_first_piece_is_the_high_bit_of_the_first_byte()
    {
        var field = new Bitfield(10);
        field.Add(new PieceIndex(0));
        field.Add(new PieceIndex(9));
        Assert.Equal([0x80, 0x40], field.Bytes.ToArray());
    }

    [Fact]
    public void Loading_the_bytes_of_a_bitfield_gives_an_equal_one() =>
        Prop.ForAll(Arb.From(Gen.Choose(0, 300)), Arb.From(Gen.Choose(0, int.MaxValue)), (count, seed) =>
        {
            var random = new Random(seed);
            var field = new Bitfield(count);
            for (int i = 0; i < count; i++)
            {
                if (random.Next(2) == 0)
                    field.Add(new PieceIndex(i));
            }

            var loaded = new Bitfield(count);
            return loaded.TryLoad(field.Bytes)
                && loaded.Count == field.Count
                && loaded.Bytes.SequenceEqual(field.Bytes);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_wrong_length_or_a_spare_bit_is_rejected_without_a_change()
    {
        var field = new Bitfield(10);
        field.Add(new PieceIndex(3));
        Assert.False(field.TryLoad([0xff]));
        Assert.False(field.TryLoad([0xff, 0xc0, 0x00]));
        Assert.False(field.TryLoad([0xff, 0xe0]));
        Assert.Equal((1, true), (field.Count, field.Contains(new PieceIndex(3))));
        Assert.True(field.TryLoad([0xff, 0xc0]));
        Assert.True(field.IsComplete);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(13)]
    public void A_complete_bitfield_has_no_spare_bits(int count)
    {
        var field = new Bitfield(count);
        field.Fill();
        Assert.True(field.IsComplete);
        Assert.True(new Bitfield(count).TryLoad(field.Bytes));
        field.Clear();
        Assert.Equal(0, field.Count);
        Assert.Equal(-1, field.Bytes.IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_bitfield_never_contains_a_piece_outside_the_torrent()
    {
        var field = new Bitfield(10);
        field.Fill();
        Assert.False(field.Contains(new PieceIndex(10)));
        Assert.False(field.Contains(new PieceIndex(-1)));
        Assert.False(field.Remove(new PieceIndex(10)));
        Assert.Throws<ArgumentOutOfRangeException>(() => field.Add(new PieceIndex(10)));
        Assert.Throws<ArgumentOutOfRangeException>(() => field.Add(new PieceIndex(-1)));
    }

    [Fact]
    public void A_clone_is_independent()
    {
        var field = new Bitfield(10);
        field.Add(new PieceIndex(1));
        Bitfield copy = field.Clone();
        copy.Add(new PieceIndex(2));
        Assert.Equal((1, 2), (field.Count, copy.Count));
    }
}
