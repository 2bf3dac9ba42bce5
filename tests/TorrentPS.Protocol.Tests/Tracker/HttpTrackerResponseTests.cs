using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Protocol.Tests.Tracker;

public class HttpTrackerResponseTests
{
    [Fact]
    public void A_compact_response_gives_peers_of_both_families_and_every_field()
    {
        var read = Announce(
            "d8:completei5e11:external ip4:\u0001\u0002\u0003\u000410:incompletei7e8:intervali1800e12:min intervali900e"
            + "5:peers12:\u007f\0\0\u0001\u001a\u00e1\u0008\u0008\u0008\u0008\0P6:peers618:" + new string('\u0020', 16)
                + "\0\u0001"
            + "10:tracker id2:\u00ffx15:warning message4:slowe");
        Assert.Equal(
            ["127.0.0.1:6881", "8.8.8.8:80", "[2020:2020:2020:2020:2020:2020:2020:2020]:1"],
            read.Peers.Select(p => p.ToString()));
        Assert.Equal(TimeSpan.FromMinutes(30), read.Interval);
        Assert.Equal(TimeSpan.FromMinutes(15), read.MinInterval);
        Assert.Equal((5, 7), (read.Complete, read.Incomplete));
        Assert.Equal(IPAddress.Parse("1.2.3.4"), read.ExternalAddress);
        Assert.Equal("\u00ffx", read.TrackerId);
        Assert.Equal("slow", read.WarningMessage);
    }

    [Fact]
    public void Peers_as_dictionaries_are_parsed_and_host_names_and_invalid_peers_left_out()
    {
        var read = Announce(
            "d8:intervali60e5:peersld2:ip9:127.0.0.14:porti6881eed2:ip3:::14:porti1eed2:ip11:example.com4:porti1ee"
            + "d2:ip9:127.0.0.14:porti70000eed2:ip9:127.0.0.1ei7eee\r\n");
        Assert.Equal(["127.0.0.1:6881", "[::1]:1"], read.Peers.Select(p => p.ToString()));
    }

    [Fact]
    public void Peers_without_a_usable_address_or_port_are_left_out()
    {
        string body =
            "d5:peers24:\u007f\0\0\u0001\0\0\0\0\0\0\0P\u00ff\u00ff\u00ff\u00ff\0P\u00e0\0\0\u0001\0P"
            + "6:peers618:" + new string('\0', 17) + "\u0001e";
        Assert.Empty(Announce(body).Peers);
    }

    [Fact]
    public void An_IPv4_mapped_peer_becomes_an_IPv4_peer() =>
        Assert.Equal(
            "1.2.3.4:80",
            Assert.Single(Announce(
                "d6:peers618:" + new string('\0', 10) + "\u00ff\u00ff\u0001\u0002\u0003\u0004\0Pe").Peers).ToString());

    [Fact]
    public void The_number_of_peers_is_limited()
    {
        string compact = string.Concat(Enumerable.Repeat("\u0001\u0001\u0001\u0001\u0001\u0001", 5000));
        Assert.Equal(AnnounceResponse.MaxPeers, Announce($"d5:peers{compact.Length}:{compact}e").Peers.Count);
        string named = string.Concat(Enumerable.Repeat("d2:ip7:1.1.1.14:porti1ee", 5000));
        Assert.Equal(AnnounceResponse.MaxPeers, Announce($"d5:peersl{named}ee").Peers.Count);
    }

    [Fact]
    public void An_empty_response_has_no_peers_and_the_default_interval()
    {
        var read = Announce("de");
        Assert.Empty(read.Peers);
        Assert.Equal(AnnounceResponse.DefaultInterval, read.Interval);
        Assert.Equal(AnnounceResponse.DefaultInterval, Announce("d8:intervali-5ee").Interval);
    }

    [Fact]
    public void A_failure_throws_with_the_trackers_reason_made_safe_to_display()
    {
        var refusal = Assert.Throws<TrackerResponseException>(
            () => Announce("d14:failure reason17:not \u001b[31mallowed\u0007e"));
        Assert.Equal(TrackerResponseError.Refused, refusal.Error);
        Assert.Equal("not [31mallowed", refusal.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("le")]
    [InlineData("d5:peers999:xe")]
    [InlineData("d5:peers0:")]
    public void A_response_that_is_not_a_dictionary_throws(string body) =>
        Assert.Equal(
            TrackerResponseError.Malformed, Assert.Throws<TrackerResponseException>(() => Announce(body)).Error);

    [Fact]
    public void The_scrape_example_of_BEP_48_is_parsed()
    {
        InfoHash x =
            new("xxxxxxxxxxxxxxxxxxxx"u8), y = new("yyyyyyyyyyyyyyyyyyyy"u8), z = new("zzzzzzzzzzzzzzzzzzzz"u8);
        const string Body = "d5:filesd20:xxxxxxxxxxxxxxxxxxxxd8:completei11e10:downloadedi13772e10:incompletei19ee"
            + "20:yyyyyyyyyyyyyyyyyyyyd8:completei21e10:downloadedi206e11:downloadersi3e10:incompletei20eeee";
        var read = HttpTrackerResponse.ReadScrape(Encoding.Latin1.GetBytes(Body), [x, y, z]).Torrents;
        Assert.Equal(new ScrapeCounts(11, 19, 13772), read[x]);
        Assert.Equal(new ScrapeCounts(21, 20, 206, 3), read[y]);
        Assert.Equal(2, read.Count);
        Assert.Equal([y], HttpTrackerResponse.ReadScrape(Encoding.Latin1.GetBytes(Body), [y]).Torrents.Keys);
    }

    [Fact]
    public void Random_bytes_are_parsed_or_throw_a_TrackerResponseException() =>
        Prop.ForAll<byte[]>(noise =>
        {
            foreach (byte[] body in new byte[][] { noise, [.. "d5:peers"u8, .. noise, (byte)'e'],
                [.. "d5:files"u8, .. noise, (byte)'e'] })
            {
                try
                {
                    HttpTrackerResponse.ReadAnnounce(body);
                    HttpTrackerResponse.ReadScrape(body, []);
                }
                catch (TrackerResponseException)
                {
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static AnnounceResponse Announce(string body) =>
        HttpTrackerResponse.ReadAnnounce(Encoding.Latin1.GetBytes(body));
}
