using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Trackers;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Tests.Trackers;

public sealed class HttpTrackerClientTests
{
    private static readonly byte[] Answer = Encoding.Latin1.GetBytes(
        "d8:intervali1800e5:peers6:\u007f\0\0\u0001\u001a\u00e1e");

    private readonly FakeTime _time = new();
    private readonly TrackerClient _client;

    public HttpTrackerClientTests() => _client = new TrackerClient(new TrackerClientOptions { Time = _time });

    [Fact]
    public async Task An_announce_is_sent_exactly_and_its_response_is_parsed()
    {
        await using var tracker = new FakeHttpTracker(_ => FakeHttpTracker.Ok(Answer));
        var response = await Announce(tracker.Url("/announce?pass=k"));
        Assert.Equal("127.0.0.1:6881", Assert.Single(response.Peers).ToString());
        Assert.Equal(TimeSpan.FromMinutes(30), response.Interval);

        var request = await tracker.NextAsync();
        Assert.StartsWith(
            "/announce?pass=k&info_hash=%00%FF%26%25%20aaaaaaaaaaaaaaa&peer_id=-TP0100-bbbbbbbbbbbb&port=6881&",
            request.Target,
            StringComparison.Ordinal);
        Assert.Contains("&event=started", request.Target, StringComparison.Ordinal);
        Assert.Contains("User-Agent: TorrentPS/0.1.0", request.Headers);
    }

    [Fact]
    public async Task A_passkey_that_the_tracker_repeats_is_hidden()
    {
        await using var tracker = new FakeHttpTracker(
            _ => FakeHttpTracker.Ok("d14:failure reason26:Unknown passkey 0a1b2c3d4ee"u8.ToArray()));
        TrackerException failure = await Failure(tracker.Url("/announce?passkey=0a1b2c3d4e"));
        Assert.Equal("Unknown passkey ***", failure.Message[^"Unknown passkey ***".Length..]);
        Assert.EndsWith("/announce?passkey=0a1b2c3d4e", failure.Tracker.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compressed_response_is_read()
    {
        await using var tracker = new FakeHttpTracker(
            _ => FakeHttpTracker.Ok(Gzip(Answer), "Content-Encoding: gzip\r\n"));
        Assert.Single((await Announce(tracker.Url("/announce"))).Peers);
        Assert.Contains(
            (await tracker.NextAsync()).Headers, h => h.StartsWith("Accept-Encoding: gzip", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_response_that_decompresses_beyond_the_limit_fails()
    {
        byte[] bomb = Gzip(new byte[64 * 1024 * 1024]);
        await using var tracker = new FakeHttpTracker(_ => FakeHttpTracker.Ok(bomb, "Content-Encoding: gzip\r\n"));
        Assert.Equal(TrackerErrorKind.TooLong, (await Failure(tracker.Url("/announce"))).Kind);
    }

    [Fact]
    public async Task Redirects_are_followed_up_to_a_limit()
    {
        await using var tracker = new FakeHttpTracker(target => target.StartsWith("/announce/new", StringComparison.Ordinal)
            ? FakeHttpTracker.Ok(Answer)
            : target.StartsWith("/announce/old", StringComparison.Ordinal)
                ? FakeHttpTracker.Response("302 Found", [], "Location: /announce/new\r\n")
                : FakeHttpTracker.Response("302 Found", [], "Location: /announce/loop\r\n"));
        Assert.Single((await Announce(tracker.Url("/announce/old"))).Peers);
        Assert.Equal(TrackerErrorKind.HttpStatus, (await Failure(tracker.Url("/announce/loop"))).Kind);
    }

    [Theory]
    [InlineData("/admin?action=reset")]
    [InlineData("/announced")]
    [InlineData("/")]
    public async Task On_this_machine_only_a_tracker_is_requested(string path)
    {
        await using var server = new FakeHttpTracker(target => target.StartsWith("/announce?", StringComparison.Ordinal)
            ? FakeHttpTracker.Response("302 Found", [], $"Location: {path}\r\n")
            : FakeHttpTracker.Ok(Answer));

        Assert.Equal(TrackerErrorKind.AddressNotAllowed, (await Failure(server.Url(path))).Kind);
        Assert.Equal(TrackerErrorKind.AddressNotAllowed, (await Failure(server.Url("/announce"))).Kind);
        Assert.StartsWith("/announce?", (await server.NextAsync()).Target, StringComparison.Ordinal);
        Assert.False(server.HasRequest);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("[::]")]
    [InlineData("[::ffff:0.0.0.0]")]
    public async Task An_unspecified_address_does_not_reach_this_machine(string host)
    {
        await using var server = new FakeHttpTracker(_ => FakeHttpTracker.Ok(Answer));

        Assert.Equal(
            TrackerErrorKind.AddressNotAllowed,
            (await Failure(new Uri($"http://{host}:{server.Port}/announce"))).Kind);
        Assert.False(server.HasRequest);
    }

    [Theory]
    [InlineData("200 OK", "d14:failure reason7:go awaye", TrackerErrorKind.Refused, "go away")]
    [InlineData("400 Bad Request", "d14:failure reason7:go awaye", TrackerErrorKind.Refused, "go away")]
    [InlineData("404 Not Found", "<html>", TrackerErrorKind.HttpStatus, "404")]
    [InlineData("503 Busy", "de", TrackerErrorKind.HttpStatus, "503")]
    [InlineData("200 OK", "<html>", TrackerErrorKind.Malformed, "bencod")]
    public async Task A_bad_response_has_a_kind_and_a_message(
        string status, string body, TrackerErrorKind kind, string part)
    {
        await using var tracker = new FakeHttpTracker(
            _ => FakeHttpTracker.Response(status, Encoding.ASCII.GetBytes(body)));
        var failure = await Failure(tracker.Url("/announce?secret"));
        Assert.Equal(kind, failure.Kind);
        Assert.Equal(tracker.Url("/announce?secret"), failure.Tracker);
        Assert.Contains(part, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_response_that_is_not_HTTP_is_malformed_and_a_closed_port_is_unreachable()
    {
        await using var tracker = new FakeHttpTracker(_ => "SSH-2.0-x\r\n\r\n"u8.ToArray());
        Assert.Equal(TrackerErrorKind.Malformed, (await Failure(tracker.Url("/announce"))).Kind);
        using var closed = new Socket(SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)closed.LocalEndPoint!).Port}/announce");
        Assert.Equal(TrackerErrorKind.Unreachable, (await Failure(url)).Kind);
    }

    [Fact]
    public async Task A_tracker_that_accepts_and_sends_nothing_times_out()
    {
        await using var tracker = new FakeHttpTracker(_ => []);
        Task<TrackerException> failure = Failure(tracker.Url("/announce"));
        await tracker.NextAsync();
        await _time.TimerInAsync(TimeSpan.FromSeconds(30));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(TrackerErrorKind.Timeout, (await failure).Kind);
    }

    [Fact]
    public async Task A_request_can_be_cancelled()
    {
        await using var tracker = new FakeHttpTracker(_ => []);
        using var cancellation = new CancellationTokenSource();
        Task asking = _client.AnnounceAsync(tracker.Url("/announce"), Samples.Request, cancellation.Token);
        await tracker.NextAsync();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task An_untrusted_certificate_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var tracker = new FakeHttpTracker(_ => FakeHttpTracker.Ok(Answer), async stream =>
        {
            var secure = new SslStream(stream);
            await secure.AuthenticateAsServerAsync(certificate);
            return secure;
        });
        Assert.Equal(
            TrackerErrorKind.Certificate, (await Failure(new Uri($"https://127.0.0.1:{tracker.Port}/announce"))).Kind);
    }

    [SkippableFact]
    public async Task A_session_with_a_bind_address_sends_from_it()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only on Linux is all of 127.0.0.0/8 local.");
        await using var tracker = new FakeHttpTracker(_ => FakeHttpTracker.Ok(Answer));
        var bound = new TrackerClient(
            new TrackerClientOptions { Binding = new NetworkBinding(IPAddress.Parse("127.0.0.2")) });
        await bound.AnnounceAsync(tracker.Url("/announce"), Samples.Request, CancellationToken.None);
        Assert.Equal(IPAddress.Parse("127.0.0.2"), (await tracker.NextAsync()).From);
    }

    [Fact]
    public async Task A_scrape_returns_the_counts_of_the_requested_torrents()
    {
        await using var tracker = new FakeHttpTracker(_ => FakeHttpTracker.Ok(
            [.. "d5:filesd20:"u8, .. Samples.Hash.Span, .. "d8:completei1e10:downloadedi2e10:incompletei3eeee"u8]));
        var answer = await _client.ScrapeAsync(tracker.Url("/announce"), [Samples.Hash], CancellationToken.None);
        Assert.Equal(new ScrapeCounts(1, 3, 2), answer.Torrents[Samples.Hash]);
        Assert.StartsWith("/scrape?info_hash=%00%FF", (await tracker.NextAsync()).Target, StringComparison.Ordinal);

        var failure = await Assert.ThrowsAsync<TrackerException>(() => _client.ScrapeAsync(
            tracker.Url("/a"), new InfoHash[1], CancellationToken.None));
        Assert.Equal(TrackerErrorKind.ScrapeUnsupported, failure.Kind);
    }

    [Theory]
    [InlineData("wss://tracker.example/", TrackerErrorKind.UnsupportedScheme)]
    [InlineData("udp://127.0.0.1/", TrackerErrorKind.BadUrl)]
    public async Task A_tracker_with_an_unusable_URL_fails_permanently(string url, TrackerErrorKind kind) =>
        Assert.Equal(kind, (await Failure(new Uri(url))).Kind);

    private Task<AnnounceResponse> Announce(Uri tracker) =>
        _client.AnnounceAsync(tracker, Samples.Request, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));

    private Task<TrackerException> Failure(
        Uri tracker) => Assert.ThrowsAsync<TrackerException>(() => Announce(tracker));

    private static byte[] Gzip(byte[] data)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(data);
        return packed.ToArray();
    }
}
