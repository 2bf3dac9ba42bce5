using System.Net;
using System.Net.Http.Headers;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>Fetches parts of files from one web seed over one kept connection, one at a time. Proxies and certificates are the system's matter.</summary>
internal sealed class RangeClient : IDisposable
{
    /// <summary>The most redirects followed: one to https, one to a mirror, and room.</summary>
    public const int MaxRedirects = 5;

    /// <summary>How long the server may be silent, before its answer begins or in the middle: as long as a slow disk or a proxy takes.</summary>
    public static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many bytes in front of those wanted a server may send that gives no parts: small files come whole, and a large one from its
    /// start to its end, but no megabytes for nothing.
    /// </summary>
    public const long MaxSkipped = 1 << 20;

    /// <summary>How long a TCP connection may take: long enough for lost packets to be sent twice.</summary>
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long the connection is kept while nothing is asked for: servers seldom keep it longer.</summary>
    private static readonly TimeSpan s_idleTimeout = TimeSpan.FromSeconds(60);

    /// <summary>The most KiB of answer headers.</summary>
    private const int MaxHeaderKilobytes = 16;

    private readonly WebSeedDialer _dialer;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly CancellationToken _closing;
    private (Uri From, Uri To)? _moved;

    /// <param name="seed">The web seed's address.</param>
    /// <param name="options">How it is asked.</param>
    /// <param name="time">The clock.</param>
    /// <param name="closing">Ends everything.</param>
    public RangeClient(Uri seed, WebSeedOptions options, TimeProvider time, CancellationToken closing)
    {
        _time = time;
        _closing = closing;
        _dialer = new WebSeedDialer(seed, options.BindAddress);
        _http = new HttpClient(new SocketsHttpHandler
        {
            // Followed here, each step looked at.
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

    /// <summary>Where the server was last found; null before.</summary>
    public IPEndPoint? EndPoint => _dialer.EndPoint;

    /// <summary>Asks for a part of a file.</summary>
    /// <param name="url">The file.</param>
    /// <param name="first">Where the part begins in the file, in bytes.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="fileLength">The file's length in bytes.</param>
    /// <returns>A body that gives the part, and perhaps something before it.</returns>
    /// <exception cref="WebSeedException">The server can't be reached or does not give it.</exception>
    public async Task<RangeBody> GetAsync(Uri url, long first, long length, long fileLength)
    {
        Uri asked = _moved is { } moved && moved.From == url ? moved.To : url;
        try
        {
            return await FollowAsync(url, asked, first, length, fileLength);
        }
        catch (WebSeedException) when (asked != url)
        {
            // Where it had moved to holds for a time only.
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
            var patience = new ReadPatience(ReadTimeout, _time, _closing);
            HttpResponseMessage? response = null;
            try
            {
                patience.Start();
                response = await SendAsync(asked, first, length, patience.Token);
                if (Target(response, asked) is { } target)
                {
                    if (redirects == MaxRedirects)
                        throw new WebSeedException(WebSeedError.NoFile, $"The server redirects more than {MaxRedirects} times.");
                    asked = target;
                    continue;
                }

                bool isWhole = RangeResponse.Check(response, first, length, fileLength, _time.GetUtcNow());
                if (asked != url)
                    _moved = (url, asked);
                Stream stream = await response.Content.ReadAsStreamAsync(patience.Token);
                patience.Stop();
                var body = new RangeBody(response, stream, patience, isWhole ? 0 : first, isWhole);
                (response, patience) = (null, null);
                return body;
            }
            finally
            {
                response?.Dispose();
                patience?.Dispose();
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(Uri url, long first, long length, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Range = new RangeHeaderValue(first, first + length - 1);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    /// <summary>Where an answer points to, if it does.</summary>
    private static Uri? Target(HttpResponseMessage response, Uri asked)
    {
        bool isRedirect = response.StatusCode
            is HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
        if (!isRedirect || response.Headers.Location is not { } location)
            return null;
        Uri target = location.IsAbsoluteUri ? location : new Uri(asked, location);
        bool isSafe = target.Scheme == Uri.UriSchemeHttps || (target.Scheme == Uri.UriSchemeHttp && asked.Scheme == Uri.UriSchemeHttp);
        return isSafe ? target : throw new WebSeedException(WebSeedError.NoFile, $"The server redirects to '{target.Scheme}', which is not followed.");
    }
}

/// <summary>How web seeds are asked.</summary>
/// <param name="BindAddress">The local address to ask from; null leaves it to the system.</param>
/// <param name="UserAgent">What servers are told that asks.</param>
internal sealed record WebSeedOptions(IPAddress? BindAddress, string UserAgent);
