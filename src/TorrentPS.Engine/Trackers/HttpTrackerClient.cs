using System.Net;
using System.Security.Authentication;
using TorrentPS.Engine.Network;
using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

/// <summary>
/// Sends requests to HTTP and HTTPS trackers (BEP 3, 7, 23, 48). Each request uses a connection of its own, because the
/// tracker's address is judged when the connection is opened.
/// </summary>
internal sealed class HttpTrackerClient(TrackerClientOptions options) : ITrackerClient
{
    public async Task<AnnounceResponse> AnnounceAsync(
        Uri tracker, AnnounceRequest request, CancellationToken cancellation)
    {
        RawResponse response = await GetAsync(tracker, HttpTrackerUrl.Announce(tracker, request), cancellation);
        return TrackerPeers.Filter(
            Read(tracker, response, () => HttpTrackerResponse.ReadAnnounce(response.Body)), response.Scope);
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

    private async Task<RawResponse> GetAsync(Uri tracker, Uri url, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(options.RequestTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            using var http = new HttpFetcher(new HttpFetcherOptions
            {
                Resource = HttpResource.Tracker,
                Binding = options.Binding,
                Filter = options.Filter,
                ConnectTimeout = options.ConnectTimeout,
                Decompression = DecompressionMethods.GZip | DecompressionMethods.Deflate,
                Resolve = options.Resolve,
            });
            HttpReply reply = await http.GetAsync(url, null, null, either.Token);
            using HttpResponseMessage response = reply.Response;
            byte[] body = await reply.ReadAsync(HttpTrackerResponse.MaxLength, either.Token)
                ?? throw new TrackerException(
                    TrackerErrorKind.TooLong,
                    tracker,
                    $"The tracker's response is longer than {HttpTrackerResponse.MaxLength / 1024} KiB.");
            return new RawResponse(response.StatusCode, body, reply.Scope);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TrackerException(
                TrackerErrorKind.Timeout,
                tracker,
                $"The tracker did not respond within {options.RequestTimeout.TotalSeconds:0} s.");
        }
        catch (HttpRefusedException e)
        {
            throw ToTrackerException(tracker, e);
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

    private static TrackerException ToTrackerException(Uri tracker, HttpRefusedException e) => new(
        e.Refusal == HttpRefusal.Redirect ? TrackerErrorKind.HttpStatus : TrackerErrorKind.AddressNotAllowed,
        tracker,
        e.Message,
        e);

    private static TrackerException ToTrackerException(Uri tracker, HttpRequestException e)
    {
        if (e.InnerException is HttpRefusedException refused)
            return ToTrackerException(tracker, refused);
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

    private sealed record RawResponse(HttpStatusCode Status, byte[] Body, AddressScope Scope);
}
