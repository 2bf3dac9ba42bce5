using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tracker;

/// <summary>
/// Builds the request URLs for an HTTP tracker (BEP 3, 7, 23 and 48). They keep the query string of the announce URL.
/// </summary>
public static class HttpTrackerUrl
{
    private const string AnnounceSegment = "announce";
    private const string ScrapeSegment = "scrape";

    /// <summary>Returns the URL of an announce request to a tracker.</summary>
    public static Uri Announce(Uri tracker, AnnounceRequest request)
    {
        ArgumentNullException.ThrowIfNull(tracker);
        ArgumentNullException.ThrowIfNull(request);
        StringBuilder url = WithQuery(tracker.GetLeftPart(UriPartial.Query));
        url.Append("info_hash=").AppendEscaped(request.InfoHash.Span);
        url.Append("&peer_id=").AppendEscaped(request.PeerId.Span);
        url.Append(CultureInfo.InvariantCulture, $"&port={request.Port}");
        url.Append(CultureInfo.InvariantCulture, $"&uploaded={request.Uploaded}&downloaded={request.Downloaded}");
        url.Append(CultureInfo.InvariantCulture, $"&left={request.Left}&compact=1&no_peer_id=1&key={request.Key:X8}");
        if (request.NumWant is { } wanted)
            url.Append(CultureInfo.InvariantCulture, $"&numwant={wanted}");
        if (Name(request.Event) is { } name)
            url.Append("&event=").Append(name);
        if (request.TrackerId is { Length: > 0 } id)
            url.Append("&trackerid=").AppendEscaped(Encoding.Latin1.GetBytes(id));
        if (request.IPv4 is { } v4)
            url.Append("&ipv4=").Append(v4);
        if (request.IPv6 is { } v6)
            url.Append("&ipv6=").AppendEscaped(Encoding.ASCII.GetBytes(v6.ToString()));
        return WithoutCanonicalization(url);
    }

    /// <summary>
    /// Gets the URL of a scrape request to a tracker. It is the announce URL with <c>scrape</c> in place of
    /// <c>announce</c> at the start of the last path segment (BEP 48).
    /// </summary>
    /// <returns>
    /// False if the last path segment does not start with <c>announce</c>. The tracker then does not support scrape.
    /// </returns>
    public static bool TryScrape(Uri tracker, IEnumerable<InfoHash> torrents, [NotNullWhen(true)] out Uri? url)
    {
        ArgumentNullException.ThrowIfNull(tracker);
        ArgumentNullException.ThrowIfNull(torrents);
        url = null;
        string path = tracker.GetLeftPart(UriPartial.Path);
        int segment = path.LastIndexOf('/') + 1;
        if (!path.AsSpan(segment).StartsWith(AnnounceSegment, StringComparison.Ordinal))
            return false;
        string rest = path[(segment + AnnounceSegment.Length)..];
        StringBuilder built = WithQuery($"{path[..segment]}{ScrapeSegment}{rest}{tracker.Query}");
        foreach (InfoHash torrent in torrents)
            built.Append("info_hash=").AppendEscaped(torrent.Span).Append('&');
        built.Length--;
        url = WithoutCanonicalization(built);
        return true;
    }

    private static StringBuilder WithQuery(string url)
    {
        var builder = new StringBuilder(url, 512);
        if (!url.Contains('?', StringComparison.Ordinal))
            builder.Append('?');
        else if (builder[^1] is not ('?' or '&'))
            builder.Append('&');
        return builder;
    }

    // Uri would change some percent-encoded bytes to a canonical form, which some trackers misread.
    private static Uri WithoutCanonicalization(StringBuilder url) =>
        new(url.ToString(), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    private static string? Name(AnnounceEvent announceEvent) => announceEvent switch
    {
        AnnounceEvent.Started => "started",
        AnnounceEvent.Completed => "completed",
        AnnounceEvent.Stopped => "stopped",
        _ => null,
    };
}

/// <summary>
/// Appends bytes to a URL query (BEP 3, "trackers"). Each byte that is not an unreserved character of RFC 3986 is
/// written as <c>%XX</c>.
/// </summary>
internal static class QueryEscape
{
    public static StringBuilder AppendEscaped(this StringBuilder builder, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            char c = (char)b;
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~')
                builder.Append(c);
            else
                builder.Append('%').Append("0123456789ABCDEF"[b >> 4]).Append("0123456789ABCDEF"[b & 15]);
        }

        return builder;
    }
}
