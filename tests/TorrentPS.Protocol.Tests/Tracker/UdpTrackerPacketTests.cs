using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Protocol.Tests.Tracker;

public class UdpTrackerPacketTests
{
    private static readonly AnnounceRequest Request = new()
    {
        InfoHash = new InfoHash("aaaaaaaaaaaaaaaaaaaa"u8),
        PeerId = new PeerId("-TP0100-bbbbbbbbbbbb"u8),
        Port = 6881,
        Downloaded = 1,
        Left = 2,
        Uploaded = 3,
        Event = AnnounceEvent.Started,
        Key = 0xdeadbeef,
    };

    [Fact]
    public void A_connect_packet_is_laid_out_as_the_specification_says() =>
        Assert.Equal(
            "00000417271019800000000001020304", Convert.ToHexStringLower(UdpTrackerRequest.Connect(0x01020304)));

    [Fact]
    public void An_announce_packet_is_laid_out_as_the_specification_says() =>
        Assert.Equal(
            "1122334455667788" + "00000001" + "01020304" + string.Concat(Enumerable.Repeat("61", 20))
                + "2d5450303130302d" + string.Concat(Enumerable.Repeat("62", 12))
            + "0000000000000001" + "0000000000000002" + "0000000000000003" + "00000002" + "00000000" + "deadbeef"
                + "ffffffff" + "1ae1",
            Convert.ToHexStringLower(UdpTrackerRequest.Announce(0x1122334455667788, 0x01020304, Request,
                new Uri("udp://t:80"))));

    [Theory]
    [InlineData("udp://t:80", "")]
    [InlineData("udp://t:80/", "")]
    [InlineData("udp://tracker.example.com:80/dir?a=b&c=d", "\u0002\u000c/dir?a=b&c=d")]
    public void The_path_and_query_of_the_URL_are_sent_as_an_option(string tracker, string tail)
    {
        byte[] packet = UdpTrackerRequest.Announce(1, 2, Request, new Uri(tracker));
        Assert.Equal(tail, Encoding.Latin1.GetString(packet.AsSpan(98)));
    }

    [Fact]
    public void A_long_path_is_split_into_options_of_255_bytes_and_one_over_the_limit_left_out()
    {
        string path = "/" + new string('p', 299);
        byte[] packet = UdpTrackerRequest.Announce(1, 2, Request, new Uri("udp://t:80" + path));
        Assert.Equal(98 + 2 + 255 + 2 + 45, packet.Length);
        Assert.Equal(path, Encoding.ASCII.GetString([.. packet.AsSpan(100, 255), .. packet.AsSpan(357, 45)]));
        Assert.Equal([2, 255, 2, 45], new[] { packet[98], packet[99], packet[355], packet[356] });
        Assert.Equal(
            98, UdpTrackerRequest.Announce(1, 2, Request, new Uri("udp://t:80/" + new string('p', 2000))).Length);
    }

    [Fact]
    public void A_scrape_packet_lists_its_torrents()
    {
        InfoHash[] torrents = [new("xxxxxxxxxxxxxxxxxxxx"u8), new("yyyyyyyyyyyyyyyyyyyy"u8)];
        Assert.Equal(
            "\0\0\0\0\0\0\0\u0001\0\0\0\u0002\0\0\0\u0003xxxxxxxxxxxxxxxxxxxxyyyyyyyyyyyyyyyyyyyy",
            Encoding.Latin1.GetString(UdpTrackerRequest.Scrape(1, 3, torrents)));
        Assert.Throws<ArgumentOutOfRangeException>(() => UdpTrackerRequest.Scrape(1, 3, new InfoHash[75]));
    }

    [Fact]
    public void A_connection_id_is_parsed() =>
        Prop.ForAll<ulong, uint>((id, transaction) =>
        {
            byte[] packet = [.. Numbers(0, (int)transaction), .. new byte[8]];
            BinaryPrimitives.WriteUInt64BigEndian(packet.AsSpan(8), id);
            return UdpTrackerResponse.TryReadHeader(packet, out var action, out uint read)
                && action == UdpTrackerAction.Connect && read == transaction && UdpTrackerResponse.ReadConnect(packet)
                    == id;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_IPv4_response_has_peers_of_six_bytes()
    {
        byte[] packet = [.. Numbers(1, 9, 1800, 4, 6), 127, 0, 0, 1, 0x1a, 0xe1, 10, 0, 0, 1, 0, 80, 99];
        var read = UdpTrackerResponse.ReadAnnounce(packet, AddressFamily.InterNetwork);
        Assert.Equal(["127.0.0.1:6881", "10.0.0.1:80"], read.Peers.Select(p => p.ToString()));
        Assert.Equal(TimeSpan.FromSeconds(1800), read.Interval);
        Assert.Equal((6, 4), (read.Complete, read.Incomplete));
    }

    [Fact]
    public void An_IPv6_response_has_peers_of_eighteen_bytes()
    {
        byte[] packet = [.. Numbers(1, 9, 1800, 0, 0), .. IPAddress.IPv6Loopback.GetAddressBytes(), 0, 80];
        Assert.Equal(
            "[::1]:80",
            Assert.Single(UdpTrackerResponse.ReadAnnounce(packet, AddressFamily.InterNetworkV6).Peers).ToString());
    }

    [Fact]
    public void A_negative_interval_or_count_becomes_zero()
    {
        var read = UdpTrackerResponse.ReadAnnounce(Numbers(1, 9, -1, -1, -1), AddressFamily.InterNetwork);
        Assert.Equal((TimeSpan.Zero, 0, 0), (read.Interval, read.Complete, read.Incomplete));
    }

    [Fact]
    public void A_scrape_response_gives_counts_in_the_order_of_the_request()
    {
        InfoHash[] torrents = [new("xxxxxxxxxxxxxxxxxxxx"u8), new("yyyyyyyyyyyyyyyyyyyy"u8)];
        var read = UdpTrackerResponse.ReadScrape([.. Numbers(2, 9, 1, 2, 3, 4, 5)], torrents).Torrents;
        Assert.Equal(new ScrapeCounts(Complete: 1, Incomplete: 3, Downloaded: 2), read[torrents[0]]);
        Assert.Single(read);
    }

    [Fact]
    public void An_error_packet_throws_with_the_trackers_reason()
    {
        var refusal = Assert.Throws<TrackerResponseException>(
            () => UdpTrackerResponse.ReadAnnounce([.. Numbers(3, 9), .. "go away\0"u8], AddressFamily.InterNetwork));
        Assert.Equal((TrackerResponseError.Refused, "go away"), (refusal.Error, refusal.Message));
    }

    [Fact]
    public void A_response_with_only_a_header_counts_as_refused() =>
        Assert.Equal(
            TrackerResponseError.Refused,
            Refusal(() => UdpTrackerResponse.ReadAnnounce(Numbers(1, 9), AddressFamily.InterNetwork)));

    [Fact]
    public void A_short_response_or_one_with_another_action_is_malformed()
    {
        Assert.Equal(TrackerResponseError.Malformed, Refusal(() => UdpTrackerResponse.ReadConnect(Numbers(0, 9, 1))));
        Assert.Equal(
            TrackerResponseError.Malformed, Refusal(() => UdpTrackerResponse.ReadConnect(Numbers(1, 9, 1, 1))));
        Assert.Equal(
            TrackerResponseError.Malformed,
            Refusal(() => UdpTrackerResponse.ReadAnnounce(Numbers(1, 9, 1, 1), AddressFamily.InterNetwork)));
        Assert.Equal(TrackerResponseError.Malformed, Refusal(() => UdpTrackerResponse.ReadScrape([1, 2, 3], [])));
    }

    [Fact]
    public void Random_packets_are_parsed_or_throw_a_TrackerResponseException() =>
        Prop.ForAll<byte, byte[]>((action, noise) =>
        {
            byte[] packet = [0, 0, 0, (byte)(action % 5), .. noise];
            foreach (Action read in new Action[]
            {
                () => UdpTrackerResponse.ReadConnect(packet),
                () => UdpTrackerResponse.ReadAnnounce(packet, AddressFamily.InterNetwork),
                () => UdpTrackerResponse.ReadAnnounce(packet, AddressFamily.InterNetworkV6),
                () => UdpTrackerResponse.ReadScrape(packet, new InfoHash[3]),
            })
            {
                try
                {
                    read();
                }
                catch (TrackerResponseException)
                {
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static TrackerResponseError Refusal(Action read) => Assert.Throws<TrackerResponseException>(read).Error;

    private static byte[] Numbers(params int[] numbers)
    {
        var bytes = new byte[4 * numbers.Length];
        for (int i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 * i), numbers[i]);
        return bytes;
    }
}
