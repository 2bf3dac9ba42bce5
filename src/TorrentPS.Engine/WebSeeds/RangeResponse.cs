using System.Net;
using System.Net.Http.Headers;

namespace TorrentPS.Engine.WebSeeds;

internal static class RangeResponse
{
    /// <summary>
    /// Checks that the body of a response is the requested range of a file, or the whole file. The range and the length
    /// of the file are in bytes.
    /// </summary>
    /// <returns>True if the body is the whole file, false if it is the range.</returns>
    /// <exception cref="WebSeedException">
    /// The status is an error, or the body is neither the range nor the whole file. Also thrown if the body is the
    /// whole file and the range begins more than <see cref="RangeClient.MaxSkipped"/> bytes after its start.
    /// </exception>
    public static bool Check(HttpResponseMessage response, long first, long length, long fileLength, DateTimeOffset now)
    {
        if (response.StatusCode is not (HttpStatusCode.PartialContent or HttpStatusCode.OK))
            throw StatusError(response, now);
        HttpContentHeaders headers = response.Content.Headers;
        if (headers.ContentEncoding.Any(encoding => encoding != "identity"))
            throw new WebSeedException(
                WebSeedError.BadAnswer, "The server encoded the response, which was not requested.");
        if (response.StatusCode == HttpStatusCode.OK)
        {
            if (headers.ContentLength is { } whole && whole != fileLength)
                throw WrongLength(whole, fileLength);
            return first <= RangeClient.MaxSkipped ? true : throw NoRangeSupport();
        }

        ContentRangeHeaderValue? range = headers.ContentRange;
        if (range?.Length is { } total && total != fileLength)
            throw WrongLength(total, fileLength);
        bool isRange = range is { Unit: "bytes" } && range.From == first && range.To == first + length - 1
            && (headers.ContentLength ?? length) == length;
        return isRange ? false : throw new WebSeedException(
            WebSeedError.BadAnswer, "The server's response is not the requested range.");
    }

    public static WebSeedException NoRangeSupport() =>
        new(WebSeedError.Unusable, "The server does not support range requests.");

    private static WebSeedException StatusError(HttpResponseMessage response, DateTimeOffset now)
    {
        string message = $"The server responded with HTTP status {(int)response.StatusCode} ({response.StatusCode}).";
        TimeSpan? retryAfter = RetryAfter(response.Headers.RetryAfter, now);
        return (int)response.StatusCode switch
        {
            408 or 425 or 429 or 503 => new WebSeedException(WebSeedError.Busy, message, retryAfter),
            407 => new WebSeedException(WebSeedError.BadAnswer, message),
            >= 400 and < 500 => new WebSeedException(WebSeedError.NoFile, message),
            _ => new WebSeedException(WebSeedError.BadAnswer, message, retryAfter),
        };
    }

    private static TimeSpan? RetryAfter(RetryConditionHeaderValue? header, DateTimeOffset now) =>
        header?.Delta ?? (header?.Date is { } date && date > now ? date - now : null);

    private static WebSeedException WrongLength(long actual, long expected) =>
        new(WebSeedError.NoFile, $"The server's file has {actual} bytes instead of {expected}.");
}
