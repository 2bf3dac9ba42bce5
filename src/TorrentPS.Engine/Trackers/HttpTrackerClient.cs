using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>
/// Sends requests to HTTP and HTTPS trackers (BEP 3, 7, 23, 48). The HTTP client is created when the first request is
/// sent.
/// </summary>
internal sealed class HttpTrackerClient(TrackerClientOptions options) : ITrackerClient, IDisposable
{
    /// <summary>
    /// Maximum number of redirects per request. Two are common: one to HTTPS and one to another host.
    /// </summary>
    private const int MaxRedirects = 5;

    /// <summary>Maximum size of the response headers in KiB. Response headers usually have less than 2 KiB.</summary>
    private const int MaxHeaderKilobytes = 16;

    private readonly Lazy<HttpClient> _http = new(() => Create(options));

    public async Task<AnnounceResponse> AnnounceAsync(
        Uri tracker, AnnounceRequest request, CancellationToken cancellation)
    {
        RawResponse response = await GetAsync(tracker, HttpTrackerUrl.Announce(tracker, request), cancellation);
        return Read(tracker, response, () => HttpTrackerResponse.ReadAnnounce(response.Body));
    }

    public async Task<ScrapeResponse> ScrapeAsync(
        Uri tracker, IReadOnlyList<InfoHash> torrents, CancellationToken cancellation)
    {
        if (!HttpTrackerUrl.TryScrape(tracker, torrents, out Uri? url))
            throw new TrackerException(
                TrackerErrorKind.ScrapeUnsupported, tracker, "The tracker does not support scrape.");
        RawResponse response = await GetAsync(tracker, url, cancellation);
        return Read(tracker, response, () => HttpTrackerResponse.ReadScrape(response.Body, torrents));
    }

    public void Dispose()
    {
        if (_http.IsValueCreated)
            _http.Value.Dispose();
    }

    private static HttpClient Create(TrackerClientOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            MaxAutomaticRedirections = MaxRedirects,
            AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate,
            ConnectTimeout = options.ConnectTimeout,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            // Minutes pass between announces. Until then, the tracker closes an idle connection.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(15),
            UseCookies = false,
        };
        if (options.BindAddress is { } local)
            handler.ConnectCallback = (context, cancellation) => ConnectAsync(
                local, options, context.DnsEndPoint, cancellation);
        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", options.UserAgent);
        return client;
    }

    private static async ValueTask<Stream> ConnectAsync(
        IPAddress local, TrackerClientOptions options, DnsEndPoint host, CancellationToken cancellation)
    {
        IPAddress[] addresses = await options.Resolve(host.Host, cancellation);
        addresses = [.. addresses.Where(a => a.AddressFamily == local.AddressFamily)];
        if (addresses.Length == 0)
            throw new SocketException((int)SocketError.HostNotFound);
        var socket = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(local, 0));
            await socket.ConnectAsync(addresses, host.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<RawResponse> GetAsync(Uri tracker, Uri url, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(options.RequestTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            using HttpResponseMessage response = await _http.Value.GetAsync(
                url, HttpCompletionOption.ResponseHeadersRead, either.Token);
            byte[] body = await ReadBoundedAsync(tracker, response.Content, either.Token);
            return new RawResponse(response.StatusCode, body);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TrackerException(
                TrackerErrorKind.Timeout,
                tracker,
                $"The tracker did not respond within {options.RequestTimeout.TotalSeconds:0} s.");
        }
        catch (HttpRequestException e)
        {
            throw ToTrackerException(tracker, e);
        }
        catch (Exception e)
            when (e is UriFormatException or ArgumentException or InvalidOperationException or NotSupportedException)
        {
            throw new TrackerException(
                TrackerErrorKind.BadUrl, tracker, $"The tracker's URL can't be used: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new TrackerException(
                TrackerErrorKind.Unreachable, tracker, $"The connection to the tracker failed: {e.Message}", e);
        }
    }

    /// <summary>Reads and decompresses the body of a response.</summary>
    /// <exception cref="TrackerException">
    /// The body is longer than <see cref="HttpTrackerResponse.MaxLength"/>.
    /// </exception>
    private static async Task<byte[]> ReadBoundedAsync(Uri tracker, HttpContent content, CancellationToken cancellation)
    {
        await using Stream stream = await content.ReadAsStreamAsync(cancellation);
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellation)) > 0)
        {
            if (body.Length + read > HttpTrackerResponse.MaxLength)
            {
                throw new TrackerException(
                    TrackerErrorKind.TooLong,
                    tracker,
                    $"The tracker's response is longer than {HttpTrackerResponse.MaxLength / 1024} KiB.");
            }

            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }

    /// <summary>
    /// Parses the response. A failure reason is accepted with any HTTP status, because some trackers send it with
    /// status 400.
    /// </summary>
    private static T Read<T>(Uri tracker, RawResponse response, Func<T> read)
    {
        bool isOk = response.Status == HttpStatusCode.OK;
        try
        {
            T value = read();
            return isOk ? value : throw BadStatus(tracker, response.Status);
        }
        catch (TrackerResponseException e) when (isOk || e.Error == TrackerResponseError.Refused)
        {
            throw TrackerException.From(e, tracker);
        }
        catch (TrackerResponseException)
        {
            throw BadStatus(tracker, response.Status);
        }
    }

    private static TrackerException BadStatus(Uri tracker, HttpStatusCode status) =>
        new(TrackerErrorKind.HttpStatus, tracker, $"The tracker responded with HTTP status {(int)status} ({status}).");

    private static TrackerException ToTrackerException(Uri tracker, HttpRequestException e)
    {
        if (e.InnerException is AuthenticationException)
        {
            return new TrackerException(
                TrackerErrorKind.Certificate,
                tracker,
                $"The tracker's certificate is not valid: {e.InnerException.Message}",
                e);
        }

        return e.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError =>
                new TrackerException(
                    TrackerErrorKind.HostNotFound, tracker, $"The host name '{tracker.Host}' can't be resolved.", e),
            HttpRequestError.ConfigurationLimitExceeded => new TrackerException(
                TrackerErrorKind.TooLong, tracker, e.Message, e),
            HttpRequestError.InvalidResponse => new TrackerException(
                TrackerErrorKind.Malformed, tracker, $"The tracker's response is not valid HTTP: {e.Message}", e),
            _ => new TrackerException(
                TrackerErrorKind.Unreachable,
                tracker,
                $"The tracker can't be reached: {(e.InnerException ?? e).Message}",
                e),
        };
    }

    private sealed record RawResponse(HttpStatusCode Status, byte[] Body);
}
