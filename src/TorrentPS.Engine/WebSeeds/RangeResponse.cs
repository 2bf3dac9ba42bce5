using System.Net;
using System.Net.Http.Headers;

namespace TorrentPS.Engine.WebSeeds;

/// <summary>Judges what a server answers to the wish for a part of a file (RFC 9110 §14, §15).</summary>
internal static class RangeResponse
{
    /// <summary>Makes sure that the body is what was asked for.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="first">Where the part begins in the file, in bytes.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="fileLength">The file's length in bytes.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether the body is the whole file instead.</returns>
    /// <exception cref="WebSeedException">It is not.</exception>
    public static bool Check(HttpResponseMessage response, long first, long length, long fileLength, DateTimeOffset now)
    {
        if (response.StatusCode is not (HttpStatusCode.PartialContent or HttpStatusCode.OK))
            throw Refusal(response, now);
        HttpContentHeaders headers = response.Content.Headers;
        if (headers.ContentEncoding.Any(encoding => encoding != "identity"))
            throw new WebSeedException(WebSeedError.BadAnswer, "The server encodes what should come as it is.");
        if (response.StatusCode == HttpStatusCode.OK)
        {
            if (headers.ContentLength is { } whole && whole != fileLength)
                throw OtherFile(whole, fileLength);
            return first <= RangeClient.MaxSkipped ? true : throw NoParts();
        }

        ContentRangeHeaderValue? range = headers.ContentRange;
        if (range?.Length is { } total && total != fileLength)
            throw OtherFile(total, fileLength);
        bool isRight = range is { Unit: "bytes" } && range.From == first && range.To == first + length - 1
            && (headers.ContentLength ?? length) == length;
        return isRight ? false : throw new WebSeedException(WebSeedError.BadAnswer, "The server's answer is another part than it was asked for.");
    }

    /// <summary>What follows when a server gives no parts of a file that is too large to fetch for one.</summary>
    public static WebSeedException NoParts() =>
        new(WebSeedError.Unusable, "The server gives whole files only: it does not support range requests.");

    private static WebSeedException Refusal(HttpResponseMessage response, DateTimeOffset now)
    {
        string message = $"The server answered with HTTP status {(int)response.StatusCode} ({response.StatusCode}).";
        TimeSpan? wish = Wish(response.Headers.RetryAfter, now);
        return (int)response.StatusCode switch
        {
            408 or 425 or 429 or 503 => new WebSeedException(WebSeedError.Busy, message, wish),
            407 => new WebSeedException(WebSeedError.BadAnswer, message),
            >= 400 and < 500 => new WebSeedException(WebSeedError.NoFile, message),
            _ => new WebSeedException(WebSeedError.BadAnswer, message, wish),
        };
    }

    private static TimeSpan? Wish(RetryConditionHeaderValue? header, DateTimeOffset now) =>
        header?.Delta ?? (header?.Date is { } date && date > now ? date - now : null);

    private static WebSeedException OtherFile(long actual, long expected) =>
        new(WebSeedError.NoFile, $"The server's file has {actual} bytes instead of {expected}.");
}
