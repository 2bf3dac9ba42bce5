using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Tracker;

/// <summary>Builds the URLs of requests to an HTTP tracker (BEP 3, 7, 23, 48). A query that the announce URL already has is kept.</summary>
public static class HttpTrackerUrl
{
    private const string AnnounceSegment = "announce";
    private const string ScrapeSegment = "scrape";

    /// <summary>The URL of an announce.</summary>
    public static Uri Announce(Uri tracker, AnnounceRequest request)
    {
        ArgumentNullException.ThrowIfNull(tracker);
        ArgumentNullException.ThrowIfNull(request);
        StringBuilder url = WithQuery(tracker.GetLeftPart(UriPartial.Query));
        url.Append("info_hash=").AppendEscaped(request.InfoHash.Span);
        url.Append("&peer_id=").AppendEscaped(request.PeerId.Span);
        url.Append(CultureInfo.InvariantCulture, $"&port={request.Port}&uploaded={request.Uploaded}&downloaded={request.Downloaded}");
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

    /// <summary>The URL of a scrape: the announce URL with <c>scrape</c> for the <c>announce</c> that begins its last segment.</summary>
    /// <returns>False when there is no such segment: the tracker offers no scrape.</returns>
    public static bool TryScrape(Uri tracker, IEnumerable<InfoHash> torrents, [NotNullWhen(true)] out Uri? url)
    {
        ArgumentNullException.ThrowIfNull(tracker);
        ArgumentNullException.ThrowIfNull(torrents);
        url = null;
        string path = tracker.GetLeftPart(UriPartial.Path);
        int segment = path.LastIndexOf('/') + 1;
        if (!path.AsSpan(segment).StartsWith(AnnounceSegment, StringComparison.Ordinal))
            return false;
        StringBuilder built = WithQuery($"{path[..segment]}{ScrapeSegment}{path[(segment + AnnounceSegment.Length)..]}{tracker.Query}");
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

    // What was escaped is sent as it is: a canonical form would be another spelling of the same bytes, which trackers may misread.
    private static Uri WithoutCanonicalization(StringBuilder url) =>
        new(url.ToString(), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    private static string? Name(AnnounceEvent reason) => reason switch
    {
        AnnounceEvent.Started => "started",
        AnnounceEvent.Completed => "completed",
        AnnounceEvent.Stopped => "stopped",
        _ => null,
    };
}

/// <summary>Puts raw bytes into a query (BEP 3, "trackers"): all but RFC 3986's unreserved characters become <c>%XX</c>.</summary>
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
