using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Network;

/// <summary>
/// Sends HTTP requests for trackers, web seeds, torrent files and gateways, and follows redirects. Each address is
/// checked when this client connects to it (<see cref="HttpAddressRules"/>), so a host name can't evade the check by
/// resolving to another address later. Uses the system's proxy settings and its trusted certificate authorities.
/// </summary>
/// <remarks>
/// Each tracker request, web seed, torrent file and gateway needs its own instance: torrents must never share an open
/// connection. An instance sends one request at a time.
/// </remarks>
internal sealed class HttpFetcher : IDisposable
{
    /// <summary>Maximum number of redirects per request. Two are common: one to HTTPS and one to a mirror.</summary>
    public const int MaxRedirects = 5;

    /// <summary>The value of the <c>User-Agent</c> header.</summary>
    public const string UserAgent = "TorrentPS/0.1.0";

    /// <summary>Maximum size of the response headers in KiB. Response headers usually take less than 2 KiB.</summary>
    private const int MaxHeaderKilobytes = 16;

    private static readonly HttpRequestOptionsKey<Hop> s_hop = new("TorrentPS.Hop");

    private readonly HttpFetcherOptions _options;
    private readonly HttpClient _http;
    private readonly Func<IPEndPoint, CancellationToken, Task<Socket>> _connect;

    /// <summary>The scopes of the addresses to which this instance has connected, by host and port.</summary>
    private readonly ConcurrentDictionary<(string Host, int Port), ScopeRange> _servers = [];
    private volatile IPEndPoint? _endPoint;

    public HttpFetcher(HttpFetcherOptions options)
    {
        _options = options;
        _connect = options.Connect ?? options.Binding.ConnectAsync;
        var handler = new SocketsHttpHandler
        {
            // This class follows redirects itself, to check each target.
            AllowAutoRedirect = false,
            AutomaticDecompression = options.Decompression,
            ActivityHeadersPropagator = null,
            ConnectCallback = ConnectAsync,
            UseProxy = options.Server is null,
            ConnectTimeout = options.ConnectTimeout,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            PooledConnectionIdleTimeout = options.IdleTimeout,
            UseCookies = false,
        };
        handler.SslOptions.CertificateChainPolicy = TlsPolicy.CreateChainPolicy();
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", UserAgent);
    }

    /// <summary>
    /// The remote address of the last connection: the server's, or the proxy's. Null before the first connection.
    /// </summary>
    public IPEndPoint? EndPoint => _endPoint;

    /// <summary>Requests a URL and follows redirects. Returns the first response that is not a redirect.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="redirectedFrom">
    /// <see cref="HttpReply.RedirectedFrom"/> of an earlier reply if <paramref name="url"/> is the
    /// <see cref="HttpReply.Url"/> of that reply; otherwise null.
    /// </param>
    /// <param name="prepare">Adds headers to each request; null if there are none to add.</param>
    /// <param name="cancellation">Cancels the request.</param>
    /// <exception cref="HttpRefusedException">
    /// A redirect must not be followed, or <see cref="HttpAddressRules"/> forbids the request to an address that was
    /// known before connecting.
    /// </exception>
    /// <exception cref="HttpRequestException">
    /// Connecting failed. The inner exception is a <see cref="HttpRefusedException"/> if <see cref="HttpAddressRules"/>
    /// forbids the request to the address found while connecting.
    /// </exception>
    public async Task<HttpReply> GetAsync(
        Uri url, AddressScope? redirectedFrom, Action<HttpRequestMessage>? prepare, CancellationToken cancellation)
    {
        for (int redirects = 0; ; redirects++)
        {
            var hop = new Hop(url, redirectedFrom, IsProxied(url));
            HttpResponseMessage response = await SendAsync(HttpMethod.Get, hop, prepare, cancellation);
            AddressScope scope = WidestScope(hop);
            try
            {
                if (RedirectTarget(response, url) is not { } target)
                    return new HttpReply(response, url, scope, redirectedFrom);
                if (redirects == MaxRedirects)
                    throw TooManyRedirects();
                redirectedFrom = redirectedFrom > scope ? redirectedFrom : scope;
                url = target;
            }
            catch
            {
                response.Dispose();
                throw;
            }

            response.Dispose();
        }
    }

    /// <summary>Sends a POST request. A redirect is returned and not followed.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="prepare">Adds the content and headers to the request.</param>
    /// <param name="cancellation">Cancels the request.</param>
    /// <exception cref="HttpRefusedException">
    /// <see cref="HttpAddressRules"/> forbids the request to an address that was known before connecting.
    /// </exception>
    /// <exception cref="HttpRequestException">As for <see cref="GetAsync"/>.</exception>
    public async Task<HttpReply> PostAsync(
        Uri url, Action<HttpRequestMessage> prepare, CancellationToken cancellation)
    {
        var hop = new Hop(url, null, IsProxied(url));
        HttpResponseMessage response = await SendAsync(HttpMethod.Post, hop, prepare, cancellation);
        return new HttpReply(response, url, WidestScope(hop), null);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Hop hop, Action<HttpRequestMessage>? prepare, CancellationToken cancellation)
    {
        CheckKnown(hop);
        using var request = new HttpRequestMessage(method, hop.Url);
        request.Options.Set(s_hop, hop);
        prepare?.Invoke(request);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    /// <summary>
    /// Connects to a host for the HTTP client. The host is that of the first URL, that of a redirect, or a proxy.
    /// </summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        if (!context.InitialRequestMessage.Options.TryGetValue(s_hop, out Hop? hop))
            throw new InvalidOperationException("The request was not created by this class.");
        DnsEndPoint host = context.DnsEndPoint;
        IPAddress[] addresses = IPAddress.TryParse(host.Host, out IPAddress? literal)
            ? [literal]
            : await _options.Resolve(host.Host, cancellation);
        string? refusal = null;
        SocketException? failure = null;
        foreach (IPAddress address in addresses.Where(each => _options.Binding.Allows(each.AddressFamily)))
        {
            AddressScope scope = AddressScopes.Of(address);
            string? reason = hop.IsProxied ? null
                : _options.Filter.Stops(address, FilteredTraffic.Servers)
                    ? $"The server's address {address} is in the IP filter."
                : ServerRefusal(address) ?? Refusal(hop, scope);
            if (reason is not null)
            {
                refusal ??= reason;
                continue;
            }

            try
            {
                Socket socket = await _connect(new IPEndPoint(address, host.Port), cancellation);
                _endPoint = new IPEndPoint(address.Unmap(), host.Port);
                _servers.AddOrUpdate(
                    (host.Host, host.Port), new ScopeRange(scope, scope), (_, known) => known.With(scope));
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException error)
            {
                failure ??= error;
            }
        }

        throw refusal is not null && failure is null
            ? Refused(hop, refusal)
            : failure ?? new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>
    /// Checks the server's address before a request, if the URL contains the address or this instance has connected to
    /// the host before. <see cref="ConnectAsync"/> does not check the address if an open connection is used again, or
    /// if a proxy connects to the host.
    /// </summary>
    /// <exception cref="HttpRefusedException">The address must not be used for the URL.</exception>
    private void CheckKnown(Hop hop)
    {
        AddressScope? scope = LiteralScope(hop.Url);
        if (!hop.IsProxied && _servers.TryGetValue((hop.Url.IdnHost, hop.Url.Port), out ScopeRange known))
            scope = known.Narrowest;
        if (scope is { } judged && Refusal(hop, judged) is { } reason)
            throw Refused(hop, reason);
    }

    /// <summary>
    /// Returns why an address is refused when only <see cref="HttpFetcherOptions.Server"/> is allowed; null if it is
    /// not refused.
    /// </summary>
    private string? ServerRefusal(IPAddress address) => _options.Server is { } server && !server.Equals(address)
        ? "The URL leads to another machine than the gateway."
        : null;

    private string? Refusal(Hop hop, AddressScope scope) =>
        HttpAddressRules.Refusal(_options.Resource, hop.Url, scope, hop.RedirectedFrom);

    /// <summary>
    /// Returns the widest scope of the addresses to which this instance has connected for the URL. If a proxy connects
    /// to the server, the server's address is not known, and a host name counts as global.
    /// </summary>
    private AddressScope WidestScope(Hop hop) =>
        !hop.IsProxied && _servers.TryGetValue((hop.Url.IdnHost, hop.Url.Port), out ScopeRange known)
            ? known.Widest
            : LiteralScope(hop.Url) ?? AddressScope.Global;

    private static AddressScope? LiteralScope(Uri url) =>
        IPAddress.TryParse(url.IdnHost, out IPAddress? literal) ? AddressScopes.Of(literal)
        : url.IsLoopback ? AddressScope.Loopback
        : null;

    private bool IsProxied(Uri url) => _options.Server is null &&
        !HttpClient.DefaultProxy.IsBypassed(url) && HttpClient.DefaultProxy.GetProxy(url) is { } proxy && proxy != url;

    /// <summary>Returns the target URL of a redirect; null if the response is not a redirect.</summary>
    /// <exception cref="HttpRefusedException">
    /// The redirect leads from HTTPS to HTTP, or to a scheme other than HTTP and HTTPS.
    /// </exception>
    private static Uri? RedirectTarget(HttpResponseMessage response, Uri current)
    {
        bool isRedirect = response.StatusCode
            is HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
        if (!isRedirect || response.Headers.Location is not { } location)
            return null;
        Uri target = location.IsAbsoluteUri ? location : new Uri(current, location);
        bool isSafe = target.Scheme == Uri.UriSchemeHttps
            || (target.Scheme == Uri.UriSchemeHttp && current.Scheme == Uri.UriSchemeHttp);
        return isSafe ? target : throw new HttpRefusedException(
            HttpRefusal.Redirect, $"The server redirects to '{target.Scheme}'. Such redirects are not followed.");
    }

    private static HttpRefusedException TooManyRedirects() =>
        new(HttpRefusal.Redirect, $"The server redirects more than {MaxRedirects} times.");

    private static HttpRefusedException Refused(Hop hop, string reason) =>
        new(hop.RedirectedFrom is null ? HttpRefusal.Address : HttpRefusal.RedirectAddress, reason);

    /// <summary>One request of a chain of redirects.</summary>
    private sealed record Hop(Uri Url, AddressScope? RedirectedFrom, bool IsProxied);

    private readonly record struct ScopeRange(AddressScope Narrowest, AddressScope Widest)
    {
        public ScopeRange With(AddressScope scope) => new(
            scope < Narrowest ? scope : Narrowest, scope > Widest ? scope : Widest);
    }
}

/// <summary>Settings of an <see cref="HttpFetcher"/>.</summary>
internal sealed record HttpFetcherOptions
{
    public required HttpResource Resource { get; init; }

    public required NetworkBinding Binding { get; init; }

    /// <summary>
    /// The session's IP filter. This client does not connect to a server whose address is in it. A proxy's address is
    /// not checked.
    /// </summary>
    public AddressFilter Filter { get; init; } = new();

    /// <summary>
    /// The only address to which connections are made, always without a proxy; null if any address is allowed.
    /// </summary>
    public IPAddress? Server { get; init; }

    /// <summary>
    /// Maximum time to establish a TCP connection. It leaves time for retransmissions of lost packets.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time after which an unused connection is closed. Few servers keep an idle connection longer.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public DecompressionMethods Decompression { get; init; } = DecompressionMethods.None;

    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>Function that opens connections instead of <see cref="Binding"/>, for tests; null otherwise.</summary>
    public Func<IPEndPoint, CancellationToken, Task<Socket>>? Connect { get; init; }
}
