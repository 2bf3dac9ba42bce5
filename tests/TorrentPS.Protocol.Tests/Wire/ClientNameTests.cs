using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Protocol.Tests.Wire;

public class ClientNameTests
{
    [Theory]
    [InlineData("-TP0100-", "TorrentPS 0.1.0")]
    [InlineData("-qB4630-", "qBittorrent 4.6.3")]
    [InlineData("-TR4060-", "Transmission 4.0.6")]
    [InlineData("-TR2940-", "Transmission 2.94")]
    [InlineData("-LT20B0-", "libtorrent 2.0.11")]
    [InlineData("-lt0D80-", "libTorrent (rTorrent) 0.13.8")]
    [InlineData("-DE211s-", "Deluge 2.1.1")]
    [InlineData("-UT3550-", "µTorrent 3.5.5")]
    [InlineData("-AZ5750-", "Vuze 5.7.5.0")]
    [InlineData("-BC0171-", "BitComet 1.71")]
    [InlineData("-ML2.7.2-", "MLdonkey 2.7.2")]
    [InlineData("-ZZ1234-", "Unknown (ZZ) 1.2.3.4")]
    [InlineData("A2-1-36-0-", "aria2 1.36.0")]
    [InlineData("M7-10-5--", "Mainline 7.10.5")]
    [InlineData("M4-3-6--", "Mainline 4.3.6")]
    [InlineData("Q1-10-0-", "Queen Bee 1.10.0")]
    [InlineData("S58B-----", "Shadow 5.8.11")]
    [InlineData("T03I-----", "BitTornado 0.3.18")]
    [InlineData("XBT054d-", "XBT Client 0.5.4")]
    [InlineData("OP1234", "Opera 1234")]
    [InlineData("exbc\u0000\u0038LORD", "BitLord 0.56")]
    [InlineData("AZ2500BT", "BitTyrant 1.1")]
    [InlineData("\u0000\u0003BS", "BitSpirit 3")]
    [InlineData("hello123", "Unknown [hello123]")]
    [InlineData("\u0001\u0002\u0003", "Unknown")]
    public void A_peer_id_gives_the_client_name(string start, string expected) =>
        Assert.Equal(expected, ClientName.Decode(Id(start)));

    [Fact]
    public void The_extension_handshake_is_preferred_to_the_peer_id() =>
        Assert.Equal("qBittorrent v5.0", ClientName.Of(Id("-LT20B0-"), "qBittorrent v5.0"));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" \u202e\u0007 ")]
    public void The_peer_id_is_used_if_the_extension_handshake_has_no_readable_name(string? version) =>
        Assert.Equal("libtorrent 2.0.11", ClientName.Of(Id("-LT20B0-"), version));

    [Fact]
    public void Control_and_direction_characters_are_removed_and_the_length_is_limited()
    {
        Assert.Equal("evil client", ClientName.Of(Id("-LT20B0-"), "ev\u001b\u202eil \n  client\0 "));
        Assert.Equal(ClientName.MaxLength, ClientName.Of(Id("-LT20B0-"), new string('x', 5000)).Length);
    }

    [Fact]
    public void Every_peer_id_has_a_short_printable_name() =>
        Prop.ForAll<byte[]>(noise =>
        {
            var bytes = new byte[PeerId.Length];
            noise.AsSpan(0, Math.Min(noise.Length, PeerId.Length)).CopyTo(bytes);
            foreach (string style in new[] { "", "-", "M4-", "S", "XBT", "-ML", "A2-", "exbc" })
            {
                Encoding.ASCII.GetBytes(style).CopyTo(bytes, 0);
                string name = ClientName.Decode(new PeerId(bytes));
                if (name.Length is 0 or > ClientName.MaxLength || name.Any(char.IsControl))
                    return false;
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static PeerId Id(string start)
    {
        var bytes = new byte[PeerId.Length];
        bytes.AsSpan().Fill((byte)'\xff');
        Encoding.Latin1.GetBytes(start).CopyTo(bytes, 0);
        return new PeerId(bytes);
    }
}
