using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Network;

/// <summary>A response that is not a redirect.</summary>
/// <param name="Response">The response, which the caller disposes.</param>
/// <param name="Url">The URL that was requested last, after all redirects.</param>
/// <param name="Scope">The scope of the server's address.</param>
/// <param name="RedirectedFrom">
/// The widest scope of the servers that redirected the request; null if it was not redirected.
/// </param>
internal sealed record HttpReply(
    HttpResponseMessage Response, Uri Url, AddressScope Scope, AddressScope? RedirectedFrom)
{
    /// <summary>Reads and decompresses the body.</summary>
    /// <returns>The body; null if it is longer than <paramref name="maxLength"/> bytes.</returns>
    public async Task<byte[]?> ReadAsync(long maxLength, CancellationToken cancellation)
    {
        await using Stream stream = await Response.Content.ReadAsStreamAsync(cancellation);
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellation)) > 0)
        {
            if (body.Length + read > maxLength)
                return null;
            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }
}

/// <summary>Why a URL was not requested.</summary>
internal enum HttpRefusal
{
    /// <summary>The server's address must not be used for the URL.</summary>
    Address,

    /// <summary>A redirect led to a server whose address must not be used.</summary>
    RedirectAddress,

    /// <summary>
    /// There were too many redirects, or a redirect led from HTTPS to HTTP, or to a scheme other than HTTP and HTTPS.
    /// </summary>
    Redirect,
}

/// <summary>Thrown when a redirect must not be followed, or when a request must not be sent to a server.</summary>
internal sealed class HttpRefusedException(HttpRefusal refusal, string message) : Exception(message)
{
    public HttpRefusal Refusal => refusal;
}
