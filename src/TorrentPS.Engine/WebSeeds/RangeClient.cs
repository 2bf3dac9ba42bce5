using System.Net;
using System.Net.Http.Headers;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>
/// Sends range requests to one web seed, one at a time, over a persistent connection. Uses the system's proxy settings
/// and certificate checks.
/// </summary>
internal sealed class RangeClient : IDisposable
{
    /// <summary>Maximum number of redirects per request. Two are common: one to HTTPS and one to a mirror.</summary>
    public const int MaxRedirects = 5;

    /// <summary>
    /// Maximum time for which the server may send nothing, before or during a response. Slow disks and proxies can take
    /// many seconds.
    /// </summary>
    public static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maximum number of bytes that are read and discarded before the requested range. Bytes are discarded if the
    /// server sends the whole file instead of the range. A server without support for range requests can therefore
    /// serve small files, and large files that are read from the start.
    /// </summary>
    public const long MaxSkipped = 1 << 20;

    /// <summary>
    /// Maximum time to establish a TCP connection. It leaves time for retransmissions of lost packets.
    /// </summary>
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Time after which an unused connection is closed. Few servers keep an idle connection longer.</summary>
    private static readonly TimeSpan s_idleTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Maximum size of the response headers in KiB. Response headers usually have less than 2 KiB.</summary>
    private const int MaxHeaderKilobytes = 16;

    private readonly WebSeedDialer _dialer;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly CancellationToken _closing;
    private (Uri From, Uri To)? _redirect;

    public RangeClient(Uri seed, WebSeedOptions options, TimeProvider time, CancellationToken closing)
    {
        _time = time;
        _closing = closing;
        _dialer = new WebSeedDialer(seed, options.BindAddress);
        _http = new HttpClient(new SocketsHttpHandler
        {
            // Redirects are followed by this class, which checks each target.
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectCallback = _dialer.ConnectAsync,
            ConnectTimeout = s_connectTimeout,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            PooledConnectionIdleTimeout = s_idleTimeout,
            UseCookies = false,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", options.UserAgent);
        _http.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Encoding", "identity");
    }

    /// <summary>
    /// The remote address of the last connection: the server's, or the proxy's. Null before the first connection.
    /// </summary>
    public IPEndPoint? EndPoint => _dialer.EndPoint;

    /// <summary>
    /// Requests <paramref name="length"/> bytes of a file, from the offset <paramref name="first"/> on, and follows
    /// redirects. <paramref name="fileLength"/> is the length of the file in bytes.
    /// </summary>
    /// <returns>The response body. It is the whole file if the server does not support range requests.</returns>
    /// <exception cref="WebSeedException">The response is an error or is not the requested range.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="OperationCanceledException"><see cref="ReadTimeout"/> passed, or the link closed.</exception>
    public async Task<RangeBody> GetAsync(Uri url, long first, long length, long fileLength)
    {
        Uri current = _redirect is { } known && known.From == url ? known.To : url;
        try
        {
            return await FollowAsync(url, current, first, length, fileLength);
        }
        catch (WebSeedException) when (current != url)
        {
            // The redirect of an earlier request may no longer be valid.
            _redirect = null;
            return await FollowAsync(url, url, first, length, fileLength);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<RangeBody> FollowAsync(Uri url, Uri current, long first, long length, long fileLength)
    {
        for (int redirects = 0; ; redirects++)
        {
            var timer = new ReadTimer(ReadTimeout, _time, _closing);
            HttpResponseMessage? response = null;
            try
            {
                timer.Start();
                response = await SendAsync(current, first, length, timer.Token);
                if (RedirectTarget(response, current) is { } target)
                {
                    if (redirects == MaxRedirects)
                        throw new WebSeedException(
                            WebSeedError.NoFile, $"The server redirects more than {MaxRedirects} times.");
                    current = target;
                    continue;
                }

                bool isWhole = RangeResponse.Check(response, first, length, fileLength, _time.GetUtcNow());
                if (current != url)
                    _redirect = (url, current);
                Stream stream = await response.Content.ReadAsStreamAsync(timer.Token);
                timer.Stop();
                var body = new RangeBody(response, stream, timer, isWhole ? 0 : first, isWhole);
                (response, timer) = (null, null);
                return body;
            }
            finally
            {
                response?.Dispose();
                timer?.Dispose();
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(Uri url, long first, long length, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Range = new RangeHeaderValue(first, first + length - 1);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    /// <summary>Returns the target URL of a redirect; null if the response is not a redirect.</summary>
    /// <exception cref="WebSeedException">
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
        return isSafe ? target : throw new WebSeedException(
            WebSeedError.NoFile, $"The server redirects to '{target.Scheme}'. Such redirects are not followed.");
    }
}

/// <summary>Settings of the requests to web seeds.</summary>
/// <param name="BindAddress">The local address to connect from, or null for any.</param>
/// <param name="UserAgent">The value of the <c>User-Agent</c> header.</param>
internal sealed record WebSeedOptions(IPAddress? BindAddress, string UserAgent);
