using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Wire;

namespace TorrentPS.Protocol.Tests.Wire;

public class ExtensionHandshakeTests
{
    [Fact]
    public void The_example_of_BEP_10_is_parsed()
    {
        var read = Parse("d1:md11:LT_metadatai1e6:ut_PEXi2ee1:pi6881e1:v13:\u00c2\u00b5Torrent 1.2e");
        Assert.Equal(1, read.Messages["LT_metadata"]);
        Assert.Equal(2, read.Messages["ut_PEX"]);
        Assert.Equal((ushort)6881, read.ListenPort);
        Assert.Equal("µTorrent 1.2", read.Client);
        Assert.Null(read.UploadOnly);
    }

    [Fact]
    public void A_handshake_is_encoded_in_canonical_order() =>
        Assert.Equal(
            "d1:md11:ut_metadatai3e6:ut_pexi1ee13:metadata_sizei31235e1:pi6881e"
            + "4:reqqi500e11:upload_onlyi1e1:v15:TorrentPS 0.1.06:yourip4:\u007f\0\0\u0001e",
            Encoding.Latin1.GetString(new ExtensionHandshake
            {
                Messages = new Dictionary<string, byte> { ["ut_pex"] = 1, ["ut_metadata"] = 3 },
                Client = "TorrentPS 0.1.0",
                ListenPort = 6881,
                RequestQueue = 500,
                MetadataSize = 31235,
                UploadOnly = true,
                YourAddress = IPAddress.Loopback,
            }.Encode()));

    [Fact]
    public void An_encoded_message_is_parsed_again() =>
        Prop.ForAll<byte, ushort, PositiveInt>((id, port, queue) =>
        {
            var written = new ExtensionHandshake
            {
                Messages = new Dictionary<string, byte> { ["ut_pex"] = id, ["lt_donthave"] = 7 },
                ListenPort = port == 0 ? null : port,
                RequestQueue = queue.Get,
                UploadOnly = id % 3 == 0 ? null : id % 3 == 1,
                IPv4 = new IPAddress(queue.Get),
                IPv6 = IPAddress.IPv6Loopback,
                YourAddress = IPAddress.IPv6Loopback,
            };
            var read = ExtensionHandshake.Parse(written.Encode());
            return read.Messages.OrderBy(m => m.Key).SequenceEqual(written.Messages.OrderBy(m => m.Key))
                && read with { Messages = written.Messages } == written;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Entries_with_a_wrong_type_or_out_of_range_count_as_absent()
    {
        var read = Parse("d4:ipv43:abc1:md1:ai256e1:bi-1e1:c1:x1:di9ee13:metadata_sizei-5e1:pi65536e4:reqqi0e1:vi7e6:yourip5:abcdee");
        Assert.Equal(new Dictionary<string, byte> { ["d"] = 9 }, read.Messages);
        Assert.Equal(new ExtensionHandshake { Messages = read.Messages }, read);
    }

    [Fact]
    public void The_number_of_extensions_and_the_length_of_their_names_are_limited()
    {
        var many = new StringBuilder("d1:md");
        for (int i = 100; i < 300; i++)
            many.Append($"3:{i}i1e");
        Assert.Equal(ExtensionHandshake.MaxMessages, Parse(many.Append("ee").ToString()).Messages.Count);
        Assert.Empty(Parse($"d1:md65:{new string('x', 65)}i1eee").Messages);
    }

    [Fact]
    public void Random_bytes_are_parsed_or_throw_a_WireException() =>
        Prop.ForAll<byte[]>(noise =>
        {
            foreach (byte[] payload in new byte[][] { noise, [.. "d1:m"u8, .. noise],
                [.. "d1:v"u8, .. noise, (byte)'e'] })
            {
                try
                {
                    ExtensionHandshake.Parse(payload);
                }
                catch (WireException)
                {
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static ExtensionHandshake Parse(string text) => ExtensionHandshake.Parse(Encoding.Latin1.GetBytes(text));
}
