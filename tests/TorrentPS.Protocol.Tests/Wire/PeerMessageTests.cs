using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Protocol.Tests.Wire;

public class PeerMessageTests
{
    private const int Limit = 1 << 17;

    public static TheoryData<string, string> GoldenFrames => new()
    {
        { "keep-alive", "00000000" },
        { "choke", "0000000100" },
        { "unchoke", "0000000101" },
        { "interested", "0000000102" },
        { "not interested", "0000000103" },
        { "have", "000000050400000102" },
        { "bitfield", "0000000305ff80" },
        { "request", "0000000d06000000030000400000004000" },
        { "piece header", "000000" + "0b" + "070000000300004000" },
        { "cancel", "0000000d08000000030000400000004000" },
        { "port", "0000000309" + "1ae1" },
        { "suggest", "000000050d00000102" },
        { "have all", "000000010e" },
        { "have none", "000000010f" },
        { "reject", "0000000d10000000030000400000004000" },
        { "allowed fast", "000000051100000102" },
        { "extended", "00000006140001616263" },
    };

    [Theory]
    [MemberData(nameof(GoldenFrames))]
    public void Each_message_is_encoded_as_in_its_BEP(string name, string hex)
    {
        var buffer = new byte[64];
        var block = new BlockAddress(new PieceIndex(3), 16384, 16384);
        var piece = new PieceIndex(258);
        var bits = new Bitfield(9);
        bits.Fill();
        int written = name switch
        {
            "keep-alive" => PeerMessageWriter.Write(buffer, PeerMessageId.KeepAlive),
            "choke" => PeerMessageWriter.Write(buffer, PeerMessageId.Choke),
            "unchoke" => PeerMessageWriter.Write(buffer, PeerMessageId.Unchoke),
            "interested" => PeerMessageWriter.Write(buffer, PeerMessageId.Interested),
            "not interested" => PeerMessageWriter.Write(buffer, PeerMessageId.NotInterested),
            "have" => PeerMessageWriter.Write(buffer, PeerMessageId.Have, piece),
            "bitfield" => PeerMessageWriter.WriteBitfield(buffer, bits),
            "request" => PeerMessageWriter.Write(buffer, PeerMessageId.Request, block),
            "piece header" => PeerMessageWriter.WritePieceHeader(buffer, block with { Length = 2 }),
            "cancel" => PeerMessageWriter.Write(buffer, PeerMessageId.Cancel, block),
            "port" => PeerMessageWriter.WritePort(buffer, 6881),
            "suggest" => PeerMessageWriter.Write(buffer, PeerMessageId.Suggest, piece),
            "have all" => PeerMessageWriter.Write(buffer, PeerMessageId.HaveAll),
            "have none" => PeerMessageWriter.Write(buffer, PeerMessageId.HaveNone),
            "reject" => PeerMessageWriter.Write(buffer, PeerMessageId.Reject, block),
            "allowed fast" => PeerMessageWriter.Write(buffer, PeerMessageId.AllowedFast, piece),
            "extended" => PeerMessageWriter.WriteExtended(buffer, 0, [1, .. "abc"u8]),
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };
        Assert.Equal(hex, Convert.ToHexStringLower(buffer.AsSpan(0, written)));
    }

    [Theory]
    [InlineData(PeerMessageId.Request)]
    [InlineData(PeerMessageId.Cancel)]
    [InlineData(PeerMessageId.Reject)]
    public void A_message_about_a_block_is_parsed_again(PeerMessageId id) =>
        Prop.ForAll<NonNegativeInt, NonNegativeInt, NonNegativeInt>((piece, begin, length) =>
        {
            var block = new BlockAddress(new PieceIndex(piece.Get), begin.Get, length.Get);
            var buffer = new byte[PeerMessageWriter.RequestLength];
            _ = id switch
            {
                PeerMessageId.Request => PeerMessageWriter.Write(buffer, PeerMessageId.Request, block),
                PeerMessageId.Cancel => PeerMessageWriter.Write(buffer, PeerMessageId.Cancel, block),
                _ => PeerMessageWriter.Write(buffer, PeerMessageId.Reject, block),
            };
            var result = PeerMessageReader.TryRead(buffer, Limit, out var message, out int consumed);
            return result == FrameResult.Complete
                && message.Id == id
                && message.Block == block
                && consumed == buffer.Length;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_piece_message_is_parsed_again_with_its_data() =>
        Prop.ForAll<NonNegativeInt, NonNegativeInt, byte[]>((piece, begin, data) =>
        {
            var block = new BlockAddress(new PieceIndex(piece.Get), begin.Get, data.Length);
            var frame = new byte[PeerMessageWriter.PieceHeaderLength + data.Length];
            PeerMessageWriter.WritePieceHeader(frame, block);
            data.CopyTo(frame, PeerMessageWriter.PieceHeaderLength);
            var result = PeerMessageReader.TryRead(frame, Limit, out var message, out int consumed);
            return result == FrameResult.Complete
                && message.Block == block
                && message.Payload.SequenceEqual(data)
                && consumed == frame.Length;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_stream_of_messages_is_parsed_the_same_in_chunks_of_any_length()
    {
        var buffer = new byte[256];
        int end = 0;
        end += PeerMessageWriter.Write(buffer.AsSpan(end), PeerMessageId.HaveAll);
        end += PeerMessageWriter.Write(buffer.AsSpan(end), PeerMessageId.KeepAlive);
        end += PeerMessageWriter.WriteExtended(buffer.AsSpan(end), 3, "hello"u8);
        end += PeerMessageWriter.Write(buffer.AsSpan(end), PeerMessageId.Have, new PieceIndex(7));
        end += PeerMessageWriter.WritePort(buffer.AsSpan(end), 6881);
        string[] expected = ["HaveAll", "KeepAlive", "Extended 3 hello", "Have 7", "Port 6881"];

        for (int cut = 0; cut <= end; cut++)
        {
            var read = new List<string>();
            int position = 0;
            foreach (int available in new[] { cut, end })
            {
                while (PeerMessageReader.TryRead(buffer.AsSpan(position, available - position), Limit, out var m,
                    out int consumed)
                    == FrameResult.Complete)
                {
                    position += consumed;
                    read.Add(m.Id switch
                    {
                        PeerMessageId.Extended => $"Extended {m.ExtendedId} {Encoding.ASCII.GetString(m.Payload)}",
                        PeerMessageId.Have => $"Have {m.Piece}",
                        PeerMessageId.Port => $"Port {m.Port}",
                        _ => m.Id.ToString(),
                    });
                }
            }

            Assert.Equal(expected, read);
            Assert.Equal(end, position);
        }
    }

    [Fact]
    public void An_incomplete_message_gives_its_required_length()
    {
        byte[] start = [0, 0, 0, 13, 6, 0];
        Assert.Equal(FrameResult.Incomplete, PeerMessageReader.TryRead(start, Limit, out _, out int consumed));
        Assert.Equal(0, consumed);
        Assert.Equal(17, PeerMessageReader.RequiredLength(start, Limit));
        Assert.Equal(4, PeerMessageReader.RequiredLength(start.AsSpan(0, 3), Limit));
    }

    [Theory]
    [InlineData(0xffffffff)]
    [InlineData(0x80000000)]
    [InlineData(0x7fffffff)]
    [InlineData(Limit + 1)]
    public void A_message_over_the_limit_throws_once_its_length_prefix_is_present(uint length)
    {
        var source = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(source, length);
        Assert.Equal(WireError.FrameTooLong, Refusal(source));
    }

    [Fact]
    public void A_message_of_exactly_the_limit_is_incomplete_and_accepted()
    {
        var source = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(source, Limit);
        source[4] = (byte)PeerMessageId.Bitfield;
        Assert.Equal(FrameResult.Incomplete, PeerMessageReader.TryRead(source, Limit, out _, out _));
    }

    [Theory]
    [InlineData("0000000200")]
    [InlineData("0000000204")]
    [InlineData("0000000604")]
    [InlineData("0000000c06")]
    [InlineData("0000000e06")]
    [InlineData("0000000807")]
    [InlineData("0000000c08")]
    [InlineData("0000000209")]
    [InlineData("000000020e")]
    [InlineData("0000000c10")]
    [InlineData("0000000414")]
    public void A_body_length_that_does_not_fit_the_id_throws_before_the_body_arrives(string hex)
    {
        byte[] source = Convert.FromHexString(hex);
        if (source[4] == 20)
            source[3] = 1;
        Assert.Equal(WireError.WrongBodyLength, Refusal(source));
    }

    [Theory]
    [InlineData("000000050480000000")]
    [InlineData("0000000d06000000000000000080000000")]
    [InlineData("0000000d06ffffffff0000000000004000")]
    [InlineData("0000000907" + "00000000" + "ffffffff")]
    public void A_number_of_2_to_the_31_or_more_throws(string hex) =>
        Assert.Equal(WireError.NumberOutOfRange, Refusal(Convert.FromHexString(hex)));

    [Fact]
    public void A_message_with_an_unknown_id_is_parsed()
    {
        byte[] source = [0, 0, 0, 3, 99, 1, 2];
        Assert.Equal(FrameResult.Complete, PeerMessageReader.TryRead(source, Limit, out var message, out int consumed));
        Assert.Equal((PeerMessageId)99, message.Id);
        Assert.Equal([1, 2], message.Payload.ToArray());
        Assert.Equal(7, consumed);
    }

    [Fact]
    public void The_message_limit_of_a_torrent_allows_its_bitfield_and_a_block()
    {
        Assert.True(PeerMessageReader.MaxFrameLength(1) >= 9 + TorrentGeometry.BlockLength);
        Assert.Equal(1 + (int.MaxValue / 8) + 1, PeerMessageReader.MaxFrameLength(int.MaxValue));
    }

    [Fact]
    public void Random_bytes_are_parsed_incomplete_or_throw_a_WireException() =>
        Prop.ForAll<byte[], byte>((noise, id) =>
        {
            byte[] source = [0, 0, 0, (byte)(noise.Length % 20), id, .. noise];
            try
            {
                var result = PeerMessageReader.TryRead(source, 64, out _, out int consumed);
                return result == FrameResult.Complete ? consumed >= 4 && consumed <= source.Length : consumed == 0;
            }
            catch (WireException)
            {
                return true;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void A_buffer_that_is_too_small_throws()
    {
        Assert.ThrowsAny<ArgumentException>(() => PeerMessageWriter.Write(new byte[4], PeerMessageId.Choke));
        Assert.ThrowsAny<ArgumentException>(
            () => PeerMessageWriter.Write(new byte[16], PeerMessageId.Request, default(BlockAddress)));
    }

    private static WireError Refusal(byte[] source) =>
        Assert.Throws<WireException>(() => { PeerMessageReader.TryRead(source, Limit, out _, out _); }).Error;
}
