using System.Net;
using System.Net.Http.Headers;
using TorrentPS.Engine.Network;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>
/// Sends range requests to one web seed, one at a time, over a persistent connection. Uses the system's proxy settings
/// and certificate checks.
/// </summary>
internal sealed class RangeClient : IDisposable
{
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

    private readonly HttpFetcher _http;
    private readonly TimeProvider _time;
    private readonly CancellationToken _closing;
    private Redirect? _redirect;

    public RangeClient(NetworkBinding binding, AddressFilter filter, TimeProvider time, CancellationToken closing)
    {
        _time = time;
        _closing = closing;
        _http = new HttpFetcher(
            new HttpFetcherOptions { Resource = HttpResource.WebSeed, Binding = binding, Filter = filter });
    }

    /// <summary>
    /// The remote address of the last connection: the server's, or the proxy's. Null before the first connection.
    /// </summary>
    public IPEndPoint? EndPoint => _http.EndPoint;

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
        Redirect? known = _redirect is { } redirect && redirect.From == url ? redirect : null;
        try
        {
            return await SendAsync(url, known, first, length, fileLength);
        }
        catch (WebSeedException) when (known is not null)
        {
            // The redirect of an earlier request may no longer be valid.
            _redirect = null;
            return await SendAsync(url, null, first, length, fileLength);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<RangeBody> SendAsync(Uri url, Redirect? known, long first, long length, long fileLength)
    {
        var timer = new ReadTimer(ReadTimeout, _time, _closing);
        HttpResponseMessage? response = null;
        try
        {
            timer.Start();
            HttpReply reply = await _http.GetAsync(
                known?.To ?? url, known?.Scope, request => Prepare(request, first, length), timer.Token);
            response = reply.Response;
            bool isWhole = RangeResponse.Check(response, first, length, fileLength, _time.GetUtcNow());
            if (reply is { RedirectedFrom: { } scope } && reply.Url != url)
                _redirect = new Redirect(url, reply.Url, scope);
            Stream stream = await response.Content.ReadAsStreamAsync(timer.Token);
            timer.Stop();
            var body = new RangeBody(response, stream, timer, isWhole ? 0 : first, isWhole);
            (response, timer) = (null, null);
            return body;
        }
        catch (HttpRefusedException error)
        {
            throw ToWebSeedException(error);
        }
        catch (HttpRequestException error) when (error.InnerException is HttpRefusedException refused)
        {
            throw ToWebSeedException(refused);
        }
        finally
        {
            response?.Dispose();
            timer?.Dispose();
        }
    }

    private static void Prepare(HttpRequestMessage request, long first, long length)
    {
        request.Headers.Range = new RangeHeaderValue(first, first + length - 1);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
    }

    private static WebSeedException ToWebSeedException(HttpRefusedException error) =>
        new(error.Refusal == HttpRefusal.Address ? WebSeedError.Unusable : WebSeedError.NoFile, error.Message);

    /// <summary>A redirect of an earlier request.</summary>
    /// <param name="From">The URL of the file.</param>
    /// <param name="To">The URL that responded with the file.</param>
    /// <param name="Scope">The widest scope of the servers that redirected.</param>
    private sealed record Redirect(Uri From, Uri To, AddressScope Scope);
}
