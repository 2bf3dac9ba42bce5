using System.Net;
using System.Net.Sockets;
using TorrentPS.Engine.Network;
using TorrentPS.Engine.Tests.Trackers;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Tests.Network;

/// <summary>
/// Redirects and changing addresses of host names. All addresses lead to one server of the test, which records the
/// requests: what is refused must not reach it.
/// </summary>
public sealed class HttpFetcherTests : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, Queue<IPAddress>> _names = [];
    private readonly List<IPAddress> _connected = [];
    private readonly Dictionary<string, string> _redirects = [];
    private readonly FakeHttpTracker _server;

    public HttpFetcherTests() => _server = new FakeHttpTracker(
        target => _redirects.TryGetValue(target, out string? location)
            ? FakeHttpTracker.Response("302 Found", [], $"Location: {location}\r\n")
            : FakeHttpTracker.Ok("content"u8));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_redirect_from_the_internet_into_a_private_network_is_not_followed()
    {
        Name("seed.example", "20.0.0.1");
        Name("router.example", "192.168.1.1");
        _redirects["/file"] = "http://router.example/reboot";

        HttpRefusedException error = await RefusedAsync("http://seed.example/file");

        Assert.Equal(HttpRefusal.RedirectAddress, error.Refusal);
        Assert.Equal([IPAddress.Parse("20.0.0.1")], _connected);
    }

    [Fact]
    public async Task A_detour_over_the_internet_does_not_lead_back_into_a_private_network()
    {
        Name("nas.example", "192.168.1.2");
        Name("mirror.example", "20.0.0.1");
        Name("router.example", "192.168.1.1");
        _redirects["/file"] = "http://mirror.example/there";
        _redirects["/there"] = "http://router.example/reboot";

        await RefusedAsync("http://nas.example/file");

        Assert.Equal(["192.168.1.2", "20.0.0.1"], _connected.Select(address => address.ToString()));
    }

    [Fact]
    public async Task A_host_name_whose_address_changes_between_two_requests_gains_nothing()
    {
        Name("seed.example", "20.0.0.1", "127.0.0.1");
        _redirects["/file"] = "http://seed.example/again";

        await RefusedAsync("http://seed.example/file");

        Assert.Equal([IPAddress.Parse("20.0.0.1")], _connected);
    }

    [Fact]
    public async Task A_remembered_redirect_is_judged_by_the_server_that_redirected()
    {
        Name("seed.example", "20.0.0.1");
        Name("mirror.example", "20.0.0.2", "10.0.0.1");
        _redirects["/file"] = "http://mirror.example/there";
        using HttpFetcher http = Fetcher();
        HttpReply reply = await http.GetAsync(new Uri("http://seed.example/file"), null, null, default);
        reply.Response.Dispose();

        Exception? error = await Record.ExceptionAsync(
            () => http.GetAsync(reply.Url, reply.RedirectedFrom, null, default));

        Assert.IsType<HttpRefusedException>(error as HttpRefusedException ?? error?.InnerException);
        Assert.Equal(["20.0.0.1", "20.0.0.2"], _connected.Select(address => address.ToString()));
    }

    [Fact]
    public async Task Redirects_within_the_internet_and_out_of_a_private_network_are_followed()
    {
        Name("nas.example", "192.168.1.2");
        Name("a.example", "20.0.0.1");
        Name("b.example", "20.0.0.2");
        _redirects["/1"] = "http://a.example/2";
        _redirects["/2"] = "http://b.example/3?id=1";
        using HttpFetcher http = Fetcher();

        HttpReply reply = await http.GetAsync(new Uri("http://nas.example/1"), null, null, default);

        Assert.Equal("content"u8.ToArray(), await reply.ReadAsync(100, default));
        Assert.Equal((AddressScope.Global, AddressScope.Global), (reply.Scope, reply.RedirectedFrom));
        Assert.Null(await (await http.GetAsync(new Uri("http://a.example/3"), null, null, default)).ReadAsync(6, default));
    }

    [Fact]
    public async Task A_binding_rules_out_the_addresses_of_the_other_family()
    {
        Name("seed.example", "2001:db8::1");
        using HttpFetcher http = Fetcher(new NetworkBinding(IPAddress.Loopback));

        HttpRequestException error = await Assert.ThrowsAsync<HttpRequestException>(
            () => http.GetAsync(new Uri("http://seed.example/"), null, null, default));

        Assert.Equal(SocketError.HostNotFound, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
        Assert.Empty(_connected);
    }

    [Theory]
    [InlineData("http://gateway.example/away")]
    [InlineData("http://elsewhere.example/")]
    [InlineData("http://20.0.0.9/")]
    public async Task Only_the_address_of_the_gateway_is_connected_to(string url)
    {
        Name("gateway.example", "192.168.1.1");
        Name("elsewhere.example", "192.168.1.9");
        _redirects["/away"] = "http://elsewhere.example/reboot";
        using HttpFetcher http = Fetcher(resource: HttpResource.Gateway, server: IPAddress.Parse("192.168.1.1"));

        Exception? get = await Record.ExceptionAsync(() => http.GetAsync(new Uri(url), null, null, default));
        Assert.IsType<HttpRefusedException>(get as HttpRefusedException ?? get?.InnerException);
        Assert.DoesNotContain(_connected, address => address.ToString() != "192.168.1.1");
    }

    [Fact]
    public async Task A_redirect_of_a_POST_request_is_not_followed()
    {
        Name("gateway.example", "192.168.1.1");
        _redirects["/control"] = "http://gateway.example/reboot";
        using HttpFetcher http = Fetcher(resource: HttpResource.Gateway, server: IPAddress.Parse("192.168.1.1"));

        HttpReply reply = await http.PostAsync(
            new Uri("http://gateway.example/control"), request => request.Content = new StringContent("x"), default);
        Assert.Equal(HttpStatusCode.Found, reply.Response.StatusCode);
        Assert.Single(_connected);
    }

    [Fact]
    public async Task A_torrent_file_is_downloaded_within_its_limits()
    {
        var settings = new SessionSettings();
        Uri url = _server.Url("/a.torrent?id=1");

        Assert.Equal("content"u8.ToArray(), await HttpDownload.GetAsync(url, settings, 7, s_limit, default));
        await FailsAsync("longer than 6 bytes", url, settings, 6);
        await FailsAsync("http and https", new Uri("file:///etc/passwd"), settings, 100);
        _redirects["/b.torrent"] = "/c?id=1";
        await FailsAsync("has a query", _server.Url("/b.torrent"), settings, 100);
        await FailsAsync("", _server.Url("/a.torrent"), settings with { BindAddress = IPAddress.IPv6Loopback }, 100);
    }

    private static async Task FailsAsync(string part, Uri url, SessionSettings settings, long maxLength)
    {
        HttpDownloadException error = await Assert.ThrowsAsync<HttpDownloadException>(
            () => HttpDownload.GetAsync(url, settings, maxLength, s_limit, default));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Lets a host name resolve to these addresses, one after another; the last one stays.</summary>
    private void Name(string host, params string[] addresses) =>
        _names[host] = new Queue<IPAddress>(addresses.Select(IPAddress.Parse));

    private async Task<HttpRefusedException> RefusedAsync(string url)
    {
        using HttpFetcher http = Fetcher();
        Exception? error = await Record.ExceptionAsync(() => http.GetAsync(new Uri(url), null, null, default));
        return Assert.IsType<HttpRefusedException>(error as HttpRefusedException ?? error?.InnerException);
    }

    private HttpFetcher Fetcher(
        NetworkBinding? binding = null, HttpResource resource = HttpResource.WebSeed, IPAddress? server = null) =>
        new(new HttpFetcherOptions
        {
            Resource = resource,
            Server = server,
            Binding = binding ?? NetworkBinding.Any,
            Resolve = (host, _) =>
            {
                Queue<IPAddress> addresses = _names[host];
                return Task.FromResult<IPAddress[]>([addresses.Count > 1 ? addresses.Dequeue() : addresses.Peek()]);
            },
            Connect = (endPoint, cancellation) =>
            {
                _connected.Add(endPoint.Address);
                return NetworkBinding.Any.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _server.Port), cancellation);
            },
        });
}
