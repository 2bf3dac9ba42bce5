using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Protocol.Tests.Wire;

public class HandshakeTests
{
    private static readonly InfoHash Hash = new("aaaaaaaaaaaaaaaaaaaa"u8);
    private static readonly PeerId Id = new("-TP0100-bbbbbbbbbbbb"u8);

    [Fact]
    public void A_handshake_is_laid_out_as_the_specification_says()
    {
        var buffer = new byte[Handshake.Length];
        int written = new Handshake(PeerFeatures.ExtensionProtocol | PeerFeatures.Fast | PeerFeatures.Dht, Hash, Id)
            .Write(buffer);
        Assert.Equal(68, written);
        Assert.Equal(
            "\u0013BitTorrent protocol\0\0\0\0\0\u0010\0\u0005aaaaaaaaaaaaaaaaaaaa-TP0100-bbbbbbbbbbbb",
            Encoding.Latin1.GetString(buffer));
    }

    [Fact]
    public void Any_handshake_is_parsed_again_with_unknown_bits_kept() =>
        Prop.ForAll<ulong>(bits =>
        {
            var buffer = new byte[Handshake.Length];
            var handshake = new Handshake((PeerFeatures)bits, Hash, Id);
            handshake.Write(buffer);
            return Handshake.TryRead(buffer, out var read) && read == handshake;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_short_handshake_and_another_protocol_are_rejected()
    {
        var buffer = new byte[Handshake.Length];
        new Handshake(PeerFeatures.None, Hash, Id).Write(buffer);
        Assert.False(Handshake.TryRead(buffer.AsSpan(0, 67), out _));
        buffer[5] ^= 1;
        Assert.False(Handshake.TryRead(buffer, out _));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("\u0013Bit", true)]
    [InlineData("\u0013BitTorrent protocolXXXX", true)]
    [InlineData("GET / HTTP/1.1", false)]
    [InlineData("\u0013BitTorrent protocoX", false)]
    public void Another_protocol_is_recognised_from_its_first_bytes(string start, bool possible) =>
        Assert.Equal(possible, Handshake.IsValidPrefix(Encoding.Latin1.GetBytes(start)));
}
