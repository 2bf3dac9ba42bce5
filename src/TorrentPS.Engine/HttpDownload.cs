using System.Diagnostics.CodeAnalysis;
using System.Net;
using TorrentPS.Engine.Network;
using TorrentPS.Protocol.Metainfo;

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
    /// <summary>
    /// Maximum time to download a torrent file. In this time, a torrent file of the maximum size, 10 MiB, can be
    /// downloaded at 175 kB/s.
    /// </summary>
    private static readonly TimeSpan s_torrentTimeout = TimeSpan.FromMinutes(1);

    /// <summary>Returns whether a text is an http or https URL.</summary>
    /// <param name="text">The text, for example an argument that is a path or a URL.</param>
    /// <param name="url">The URL.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Uri? url)
    {
        url = null;
        return text is not null
            && (text.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
                || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            && Uri.TryCreate(text, UriKind.Absolute, out url);
    }

    /// <summary>
    /// Downloads and parses a torrent file of at most <see cref="MetainfoLimits.MaxSize"/> bytes, within one minute.
    /// </summary>
    /// <param name="url">The URL: http or https.</param>
    /// <param name="session">The settings whose bind address or interface is used.</param>
    /// <param name="cancellation">Cancels the download.</param>
    /// <returns>The torrent.</returns>
    /// <exception cref="HttpDownloadException">The file can't be downloaded. The message has the reason.</exception>
    /// <exception cref="MetainfoException">The file is not a valid torrent.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static async Task<TorrentMetainfo> GetTorrentAsync(
        Uri url, SessionSettings session, CancellationToken cancellation)
    {
        MetainfoLimits limits = MetainfoLimits.Default;
        byte[] file = await GetAsync(url, session, limits.MaxSize, s_torrentTimeout, cancellation);
        return TorrentMetainfo.Parse(file, limits);
    }

    /// <summary>Downloads a file into memory.</summary>
    /// <remarks>
    /// At most five redirects are followed, none of them from https to http or from a wider network into a narrower
    /// one, for example from the internet into a private network. The system's proxy and certificate settings apply.
    /// </remarks>
    /// <param name="url">The URL: http or https.</param>
    /// <param name="session">The settings whose bind address or interface is used.</param>
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
