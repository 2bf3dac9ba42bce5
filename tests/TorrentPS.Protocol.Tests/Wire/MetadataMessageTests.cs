using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Protocol.Tests.Wire;

public class MetadataMessageTests
{
    [Fact]
    public void The_examples_of_BEP_9_are_parsed()
    {
        MetadataMessage request = Parse("d8:msg_typei0e5:piecei0ee");
        Assert.Equal((MetadataMessageType.Request, 0), (request.Type, request.Piece));

        MetadataMessage data = Parse("d8:msg_typei1e5:piecei0e10:total_sizei34256eexxxxxxxx");
        Assert.Equal((MetadataMessageType.Data, 0, 34256), (data.Type, data.Piece, data.TotalSize));
        Assert.Equal("xxxxxxxx", Encoding.ASCII.GetString(data.Data.Span));

        Assert.Equal(MetadataMessageType.Reject, Parse("d8:msg_typei2e5:piecei0ee").Type);
    }

    [Fact]
    public void An_encoded_message_is_parsed_again() =>
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
    public void A_message_of_an_unknown_type_is_parsed() =>
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
    public void A_message_without_a_type_or_a_piece_throws(string payload) =>
        Assert.Equal(WireError.BadMetadataMessage, Assert.Throws<WireException>(() => Parse(payload)).Error);

    [Fact]
    public void Data_longer_than_a_piece_throws()
    {
        const string header = "d8:msg_typei1e5:piecei0e10:total_sizei99999ee";
        Assert.Equal(
            MetadataMessage.PieceLength, Parse(header + new string('x', MetadataMessage.PieceLength)).Data.Length);
        Assert.Throws<WireException>(() => Parse(header + new string('x', MetadataMessage.PieceLength + 1)));
        Assert.Throws<WireException>(() => Parse("d1:a2000:" + new string('x', 2000) + "8:msg_typei0e5:piecei0ee"));
    }

    [Fact]
    public void Random_payloads_are_parsed_or_throw_a_WireException() =>
        Prop.ForAll<NonNegativeInt, byte[]>((seed, noise) =>
        {
            byte[] good = new MetadataMessage
            {
                Type = MetadataMessageType.Data,
                Piece = 3,
                TotalSize = 70_000,
                Data = noise
            }.Encode();
            foreach (byte[] payload in new[] { Mutation.Of(good, seed.Get), noise })
            {
                try
                {
                    MetadataMessage read = MetadataMessage.Parse(payload);
                    Assert.True(read.Piece >= 0 && read.Data.Length <= payload.Length);
                }
                catch (WireException)
                {
                    // The only exception that the parser may throw.
                }
            }
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(16384, 1, 16384)]
    [InlineData(16385, 2, 1)]
    [InlineData(int.MaxValue, 131072, 16383)]
    public void The_last_piece_has_the_remaining_length(int size, int pieces, int last)
    {
        Assert.Equal(pieces, MetadataMessage.PieceCount(size));
        Assert.Equal(last, MetadataMessage.LengthOf(pieces - 1, size));
    }

    private static MetadataMessage Parse(string payload) => MetadataMessage.Parse(Encoding.ASCII.GetBytes(payload));
}
