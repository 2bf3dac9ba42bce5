using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Discovery;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tests.Discovery;

public class LsdMessageTests
{
    private const string One = "0123456789abcdef0123456789abcdef01234567";
    private const string Two = "1123456789abcdef0123456789abcdef01234567";

    [Fact]
    public void An_announcement_is_encoded_as_in_BEP_14()
    {
        var message =
            new LsdMessage { PeerPort = 6881, InfoHashes = [InfoHash.Parse(One), InfoHash.Parse(Two)], Cookie = "abc" };

        Assert.Equal(
            $"BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\n"
                + $"Infohash: {One}\r\nInfohash: {Two}\r\ncookie: abc\r\n\r\n\r\n",
            Encoding.ASCII.GetString(message.Encode(LsdMessage.GroupIPv4)));
        Assert.Contains(
            "Host: [ff15::efc0:988f]:6771\r\n", Encoding.ASCII.GetString(message.Encode(LsdMessage.GroupIPv6)));
    }

    [Fact]
    public void An_encoded_announcement_is_parsed_again_and_fits_one_packet() =>
        Prop.ForAll<ushort, byte>((port, count) =>
        {
            var random = new Random(port);
            byte[] hash = new byte[InfoHash.Length];
            var hashes = new List<InfoHash>();
            for (int i = 0; i <= count % LsdMessage.MaxInfoHashes; i++)
            {
                random.NextBytes(hash);
                hashes.Add(new InfoHash(hash));
            }

            var message = new LsdMessage
            {
                PeerPort = Math.Max((ushort)1, port),
                InfoHashes = hashes,
                Cookie = "0011223344556677"
            };
            byte[] packet = message.Encode(LsdMessage.GroupIPv6);
            return packet.Length <= LsdMessage.MaxLength
                && LsdMessage.TryParse(packet) is { } read
                && read.PeerPort == message.PeerPort && read.Cookie == message.Cookie && read.InfoHashes.SequenceEqual(
                    hashes);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("BT-SEARCH * HTTP/1.1\nport:6881\nINFOHASH: " + One + "\n\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nHost: x\r\nInfohash: " + One + "\r\nX-Else: y\r\nPort: 6881")]
    public void Announcements_in_other_clients_formatting_are_parsed(string packet)
    {
        LsdMessage read = Assert.IsType<LsdMessage>(LsdMessage.TryParse(Encoding.ASCII.GetBytes(packet)));
        Assert.Equal(6881, read.PeerPort);
        Assert.Equal([InfoHash.Parse(One)], read.InfoHashes);
        Assert.Null(read.Cookie);
    }

    [Theory]
    [InlineData("")]
    [InlineData("M-SEARCH * HTTP/1.1\r\nPort: 6881\r\nInfohash: " + One + "\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nInfohash: " + One + "\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 0\r\nInfohash: " + One + "\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 65536\r\nInfohash: " + One + "\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 6881\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 6881\r\nInfohash: 01\r\n\r\n")]
    [InlineData("BT-SEARCH * HTTP/1.1\r\nPort: 6881\r\nno header\r\nInfohash: " + One + "\r\n\r\n")]
    public void A_packet_that_is_not_an_announcement_is_ignored(string packet) =>
        Assert.Null(LsdMessage.TryParse(Encoding.ASCII.GetBytes(packet)));

    [Fact]
    public void Packet_length_and_number_of_info_hashes_are_limited()
    {
        string start = "BT-SEARCH * HTTP/1.1\r\nPort: 6881\r\n";
        string long32 = string.Concat(Enumerable.Repeat("Infohash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", 31));
        Assert.Equal(
            LsdMessage.MaxInfoHashes, LsdMessage.TryParse(Encoding.ASCII.GetBytes(start + long32))!.InfoHashes.Count);
        Assert.Null(LsdMessage.TryParse(Encoding.ASCII.GetBytes(start + long32 + long32)));
    }

    [Fact]
    public void Mutated_packets_are_parsed_within_the_limits_or_ignored() =>
        Prop.ForAll<int>(seed =>
        {
            byte[] packet = new LsdMessage
            {
                PeerPort = 6881,
                InfoHashes = [InfoHash.Parse(One), InfoHash.Parse(Two)],
                Cookie = "abc"
            }.Encode(LsdMessage.GroupIPv4);
            LsdMessage? read = LsdMessage.TryParse(Mutation.Of(packet, seed));
            return read is null || (read.PeerPort > 0 && read.InfoHashes.Count is >= 1 and <= LsdMessage.MaxInfoHashes);
        }).QuickCheckThrowOnFailure();
}
