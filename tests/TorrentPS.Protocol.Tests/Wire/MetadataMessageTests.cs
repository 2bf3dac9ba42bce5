using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Protocol.Tests.Wire;

public class MetadataMessageTests
{
    [Fact]
    public void The_examples_of_the_specification_are_read()
    {
        MetadataMessage request = Parse("d8:msg_typei0e5:piecei0ee");
        Assert.Equal((MetadataMessageType.Request, 0), (request.Type, request.Piece));

        MetadataMessage data = Parse("d8:msg_typei1e5:piecei0e10:total_sizei34256eexxxxxxxx");
        Assert.Equal((MetadataMessageType.Data, 0, 34256), (data.Type, data.Piece, data.TotalSize));
        Assert.Equal("xxxxxxxx", Encoding.ASCII.GetString(data.Data.Span));

        Assert.Equal(MetadataMessageType.Reject, Parse("d8:msg_typei2e5:piecei0ee").Type);
    }

    [Fact]
    public void What_is_written_reads_back() =>
        Prop.ForAll<NonNegativeInt, NonNegativeInt, byte[]>((piece, kind, data) =>
        {
            var type = (MetadataMessageType)(kind.Get % 3);
            var written = new MetadataMessage
            {
                Type = type,
                Piece = piece.Get,
                TotalSize = type == MetadataMessageType.Data ? piece.Get : null,
                Data = type == MetadataMessageType.Data ? data : default,
            };
            return MetadataMessage.Parse(written.Encode()) == written;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_type_that_is_not_known_can_be_read_and_passed_over() =>
        Assert.False(Enum.IsDefined(Parse("d8:msg_typei9e5:piecei0ee").Type));

    [Theory]
    [InlineData("")]
    [InlineData("i1e")]
    [InlineData("de")]
    [InlineData("d8:msg_typei0ee")]
    [InlineData("d5:piecei0ee")]
    [InlineData("d8:msg_typei0e5:piecei-1ee")]
    [InlineData("d8:msg_typei0e5:piecei4294967296ee")]
    [InlineData("d8:msg_type1:05:piecei0ee")]
    [InlineData("d8:msg_typei1e5:piece")]
    public void What_names_no_type_or_piece_is_refused(string payload) =>
        Assert.Equal(WireError.BadMetadataMessage, Assert.Throws<WireException>(() => Parse(payload)).Error);

    [Fact]
    public void More_than_a_piece_is_refused()
    {
        const string header = "d8:msg_typei1e5:piecei0e10:total_sizei99999ee";
        Assert.Equal(MetadataMessage.PieceLength, Parse(header + new string('x', MetadataMessage.PieceLength)).Data.Length);
        Assert.Throws<WireException>(() => Parse(header + new string('x', MetadataMessage.PieceLength + 1)));
        Assert.Throws<WireException>(() => Parse("d1:a2000:" + new string('x', 2000) + "8:msg_typei0e5:piecei0ee"));
    }

    [Fact]
    public void Whatever_comes_is_read_or_refused() =>
        Prop.ForAll<NonNegativeInt, byte[]>((seed, noise) =>
        {
            byte[] good = new MetadataMessage { Type = MetadataMessageType.Data, Piece = 3, TotalSize = 70_000, Data = noise }.Encode();
            foreach (byte[] payload in new[] { Mutation.Of(good, seed.Get), noise })
            {
                try
                {
                    MetadataMessage read = MetadataMessage.Parse(payload);
                    Assert.True(read.Piece >= 0 && read.Data.Length <= payload.Length);
                }
                catch (WireException)
                {
                    // The only way to say no.
                }
            }
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(16384, 1, 16384)]
    [InlineData(16385, 2, 1)]
    [InlineData(int.MaxValue, 131072, 16383)]
    public void The_last_piece_is_what_is_left(int size, int pieces, int last)
    {
        Assert.Equal(pieces, MetadataMessage.PieceCount(size));
        Assert.Equal(last, MetadataMessage.LengthOf(pieces - 1, size));
    }

    private static MetadataMessage Parse(string payload) => MetadataMessage.Parse(Encoding.ASCII.GetBytes(payload));
}
