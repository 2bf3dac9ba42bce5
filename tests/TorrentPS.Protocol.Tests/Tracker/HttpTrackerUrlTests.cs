using System.Net;
using FsCheck;
using FsCheck.Fluent;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Protocol.Tests.Tracker;

public class HttpTrackerUrlTests
{
    private static readonly AnnounceRequest Request = new()
    {
        InfoHash = new InfoHash("aaaaaaaaaaaaaaaaaaaa"u8),
        PeerId = new PeerId("-TP0100-bbbbbbbbbbbb"u8),
        Port = 6881,
        Uploaded = 1,
        Downloaded = 2,
        Left = 3_000_000_000,
        Key = 0xabc,
    };

    [Fact]
    public void An_announce_has_every_parameter() =>
        Assert.Equal(
            "http://t.example:80/announce?info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=-TP0100-bbbbbbbbbbbb&port=6881&uploaded=1&downloaded=2"
            + "&left=3000000000&compact=1&no_peer_id=1&key=00000ABC&numwant=50&event=started"
            + "&trackerid=a%26%FF&ipv4=10.0.0.1&ipv6=fe80%3A%3A1",
            HttpTrackerUrl.Announce(new Uri("http://t.example/announce#part"), Request with
            {
                NumWant = 50,
                Event = AnnounceEvent.Started,
                TrackerId = "a&ÿ",
                IPv4 = IPAddress.Parse("10.0.0.1"),
                IPv6 = IPAddress.Parse("fe80::1"),
            }).AbsoluteUri.Replace("t.example/", "t.example:80/", StringComparison.Ordinal));

    [Theory]
    [InlineData("http://t/announce", "?info_hash=")]
    [InlineData("http://t/announce?", "?info_hash=")]
    [InlineData("http://t/announce?passkey=x%2Fy", "?passkey=x%2Fy&info_hash=")]
    [InlineData("http://t/announce?passkey=x&", "?passkey=x&info_hash=")]
    [InlineData("http://t", "?info_hash=")]
    public void A_query_in_the_announce_URL_is_kept(string tracker, string start) =>
        Assert.StartsWith(start, HttpTrackerUrl.Announce(new Uri(tracker), Request).Query, StringComparison.Ordinal);

    [Theory]
    [InlineData(AnnounceEvent.None, false)]
    [InlineData(AnnounceEvent.Completed, true)]
    [InlineData(AnnounceEvent.Stopped, true)]
    public void Only_an_announce_with_an_event_has_the_event_parameter(AnnounceEvent reason, bool named) =>
        Assert.Equal(named, HttpTrackerUrl.Announce(new Uri("http://t/a"),
            Request with { Event = reason }).Query.Contains(
            $"&event={reason.ToString().ToLowerInvariant()}", StringComparison.Ordinal));

    [Fact]
    public void Every_info_hash_is_escaped_byte_for_byte() =>
        Prop.ForAll<byte[]>(noise =>
        {
            var bytes = new byte[InfoHash.Length];
            noise.AsSpan(0, Math.Min(noise.Length, bytes.Length)).CopyTo(bytes);
            var hash = new InfoHash(bytes);
            string query =
                HttpTrackerUrl.Announce(new Uri("http://t/announce"), Request with { InfoHash = hash }).PathAndQuery;
            string escaped = query.Split("info_hash=")[1].Split('&')[0];
            return hash == new InfoHash(Unescape(escaped));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Theory]
    [InlineData("http://t/announce", "http://t/scrape?info_hash=aaaaaaaaaaaaaaaaaaaa&info_hash=%00")]
    [InlineData("http://t/x/announce.php?k=1",
        "http://t/x/scrape.php?k=1&info_hash=aaaaaaaaaaaaaaaaaaaa&info_hash=%00")]
    public void The_scrape_URL_is_derived_from_the_announce_URL(string tracker, string start)
    {
        Assert.True(HttpTrackerUrl.TryScrape(new Uri(tracker), [Request.InfoHash, default], out Uri? url));
        Assert.StartsWith(start, url.AbsoluteUri, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://t/a")]
    [InlineData("http://t/announce/x")]
    [InlineData("http://t/x?y=/announce")]
    [InlineData("http://t/xannounce")]
    public void A_tracker_without_announce_in_its_last_segment_has_no_scrape_URL(string tracker) =>
        Assert.False(HttpTrackerUrl.TryScrape(new Uri(tracker), [Request.InfoHash], out _));

    private static byte[] Unescape(string text)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < text.Length; i++)
        {
            bool escaped = text[i] == '%';
            bytes.Add(escaped ? Convert.FromHexString(text.AsSpan(i + 1, 2))[0] : (byte)text[i]);
            i += escaped ? 2 : 0;
        }

        return [.. bytes];
    }
}
