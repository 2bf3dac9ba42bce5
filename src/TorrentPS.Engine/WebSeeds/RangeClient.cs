using System.Net;
using System.Net.Http.Headers;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>
/// Requests ranges of files from one web seed, one at a time, over a persistent connection. Uses the system's proxy
/// settings and certificate checks.
/// </summary>
internal sealed class RangeClient : IDisposable
{
    /// <summary>Maximum number of redirects per request. Two are common: to HTTPS and to a mirror.</summary>
    public const int MaxRedirects = 5;

    /// <summary>
    /// Maximum time without data from the server, before or within a response. Slow disks and proxies can take many
    /// seconds.
    /// </summary>
    public static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maximum number of bytes to read and discard before the requested range, if the server sends the whole file
    /// instead of the range. A server that doesn't support range requests can therefore serve small files, and large
    /// files that are read from the start.
    /// </summary>
    public const long MaxSkipped = 1 << 20;

    /// <summary>
    /// Maximum time to establish a TCP connection. It leaves time for retransmissions of lost packets.
    /// </summary>
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Time after which an unused connection is closed. Few servers keep an idle connection longer.</summary>
    private static readonly TimeSpan s_idleTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Maximum size of the response headers, in KiB. Response headers usually have less than 2 KiB.</summary>
    private const int MaxHeaderKilobytes = 16;

    private readonly WebSeedDialer _dialer;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly CancellationToken _closing;
    private (Uri From, Uri To)? _moved;

    /// <param name="seed">The web seed's URL.</param>
    /// <param name="options">The local address and the user agent.</param>
    /// <param name="time">The clock.</param>
    /// <param name="closing">Cancels the requests when the link closes.</param>
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

    /// <summary>Requests a range of a file and follows redirects.</summary>
    /// <param name="url">The URL of the file.</param>
    /// <param name="first">Offset of the range in the file, in bytes.</param>
    /// <param name="length">Length of the range in bytes.</param>
    /// <param name="fileLength">Length of the file in bytes.</param>
    /// <returns>
    /// The response body. If the server doesn't support range requests, the body is the whole file.
    /// </returns>
    /// <exception cref="WebSeedException">The response is an error or isn't the requested range.</exception>
    /// <exception cref="HttpRequestException">The server can't be reached.</exception>
    /// <exception cref="OperationCanceledException"><see cref="ReadTimeout"/> passed, or the link closed.</exception>
    public async Task<RangeBody> GetAsync(Uri url, long first, long length, long fileLength)
    {
        Uri asked = _moved is { } moved && moved.From == url ? moved.To : url;
        try
        {
            return await FollowAsync(url, asked, first, length, fileLength);
        }
        catch (WebSeedException) when (asked != url)
        {
            // The redirect of an earlier request may no longer be valid.
            _moved = null;
            return await FollowAsync(url, url, first, length, fileLength);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<RangeBody> FollowAsync(Uri url, Uri asked, long first, long length, long fileLength)
    {
        for (int redirects = 0; ; redirects++)
        {
            var timer = new ReadTimer(ReadTimeout, _time, _closing);
            HttpResponseMessage? response = null;
            try
            {
                timer.Start();
                response = await SendAsync(asked, first, length, timer.Token);
                if (Target(response, asked) is { } target)
                {
                    if (redirects == MaxRedirects)
                        throw new WebSeedException(
                            WebSeedError.NoFile, $"The server redirects more than {MaxRedirects} times.");
                    asked = target;
                    continue;
                }

                bool isWhole = RangeResponse.Check(response, first, length, fileLength, _time.GetUtcNow());
                if (asked != url)
                    _moved = (url, asked);
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

    /// <summary>Returns the target URL of a redirect; null if the response isn't a redirect.</summary>
    /// <exception cref="WebSeedException">The redirect leads from HTTPS to HTTP, or to another scheme.</exception>
    private static Uri? Target(HttpResponseMessage response, Uri asked)
    {
        bool isRedirect = response.StatusCode
            is HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
        if (!isRedirect || response.Headers.Location is not { } location)
            return null;
        Uri target = location.IsAbsoluteUri ? location : new Uri(asked, location);
        bool isSafe = target.Scheme == Uri.UriSchemeHttps
            || (target.Scheme == Uri.UriSchemeHttp && asked.Scheme == Uri.UriSchemeHttp);
        return isSafe ? target : throw new WebSeedException(
            WebSeedError.NoFile, $"The server redirects to '{target.Scheme}'. Such redirects are not followed.");
    }
}

/// <summary>Settings of the requests to web seeds.</summary>
/// <param name="BindAddress">The local address to connect from, or null for any.</param>
/// <param name="UserAgent">The value of the <c>User-Agent</c> header.</param>
internal sealed record WebSeedOptions(IPAddress? BindAddress, string UserAgent);
