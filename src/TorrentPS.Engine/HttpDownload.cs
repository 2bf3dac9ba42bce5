using System.Net;
using TorrentPS.Engine.Network;

namespace TorrentPS.Engine;

/// <summary>Thrown when a file can't be downloaded over HTTP. The message does not contain the URL.</summary>
public sealed class HttpDownloadException : Exception
{
    internal HttpDownloadException(Uri url, string message, Exception? inner = null)
        : base(message, inner) => Url = url;

    /// <summary>The URL. It may contain a secret.</summary>
    public Uri Url { get; }
}

/// <summary>Downloads small files, for example torrent files, from URLs that the user entered.</summary>
public static class HttpDownload
{
    /// <summary>Downloads a file into memory.</summary>
    /// <remarks>
    /// At most five redirects are followed, none of them from https to http or from a wider network into a narrower
    /// one, for example from the internet into a private network. The system's proxy and certificate settings apply.
    /// </remarks>
    /// <param name="url">The URL: http or https.</param>
    /// <param name="session">The settings whose bind address is used.</param>
    /// <param name="maxLength">Maximum length of the file in bytes, after decompression.</param>
    /// <param name="timeout">Maximum time of the whole download.</param>
    /// <param name="cancellation">Cancels the download.</param>
    /// <returns>The content of the file.</returns>
    /// <exception cref="HttpDownloadException">The file can't be downloaded. The message has the reason.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static async Task<byte[]> GetAsync(
        Uri url, SessionSettings session, long maxLength, TimeSpan timeout, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(session);
        if (!url.IsAbsoluteUri || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
            throw new HttpDownloadException(url, "Only http and https URLs can be downloaded.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        using var http = new HttpFetcher(new HttpFetcherOptions
        {
            Resource = HttpResource.UserFile,
            Binding = NetworkBinding.Of(session),
            Decompression = DecompressionMethods.GZip | DecompressionMethods.Deflate,
        });
        try
        {
            HttpReply reply = await http.GetAsync(url, null, null, limit.Token);
            using HttpResponseMessage response = reply.Response;
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new HttpDownloadException(
                    url, $"The server responded with HTTP status {(int)response.StatusCode} ({response.StatusCode}).");
            }

            return await reply.ReadAsync(maxLength, limit.Token)
                ?? throw new HttpDownloadException(url, $"The file is longer than {maxLength} bytes.");
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpDownloadException(
                url, $"The server did not send the file within {timeout.TotalSeconds:0} s.", error);
        }
        catch (Exception error)
            when (error is HttpRefusedException or HttpRequestException or IOException or InvalidDataException)
        {
            Exception cause = error is HttpRequestException { InnerException: { } inner } ? inner : error;
            throw new HttpDownloadException(url, cause.Message, error);
        }
    }
}
