using TorrentPS.Protocol.Primitives;
using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine;

/// <summary>
/// Thrown when an announce to a tracker or a scrape of a tracker fails. The message may contain text from the tracker.
/// Control characters are removed from the message, and secrets of the tracker's URL are replaced by <c>***</c>.
/// </summary>
public sealed class TrackerException : Exception
{
    /// <summary>Creates an exception.</summary>
    /// <param name="kind">The kind of failure.</param>
    /// <param name="tracker">The tracker's announce URL.</param>
    /// <param name="message">What failed, as a sentence for the user.</param>
    /// <param name="innerException">The exception that caused this one; null if there is none.</param>
    public TrackerException(TrackerErrorKind kind, Uri tracker, string message, Exception? innerException = null)
        : base(DisplayUrl.HideIn(DisplayText.Line(message), tracker), innerException)
    {
        Kind = kind;
        Tracker = tracker;
    }

    /// <summary>The kind of failure.</summary>
    public TrackerErrorKind Kind { get; }

    /// <summary>The tracker's announce URL. It may contain a secret.</summary>
    public Uri Tracker { get; }

    internal static TrackerException From(TrackerResponseException cause, Uri tracker)
    {
        var kind = cause.Error == TrackerResponseError.Refused ? TrackerErrorKind.Refused : TrackerErrorKind.Malformed;
        return new TrackerException(kind, tracker, cause.Message, cause);
    }
}

/// <summary>Why an announce or a scrape failed.</summary>
public enum TrackerErrorKind
{
    /// <summary>The URL's scheme is not http, https or udp.</summary>
    UnsupportedScheme,

    /// <summary>The URL can't be used: a UDP tracker has no port, or the system rejects the URL.</summary>
    BadUrl,

    /// <summary>The tracker does not support scrape: its URL has no scrape form (BEP 48).</summary>
    ScrapeUnsupported,

    /// <summary>
    /// The host name has no IP address, or no address of the same family (IPv4 or IPv6) as the bind address.
    /// </summary>
    HostNotFound,

    /// <summary>
    /// The request was not sent because of the server's address. For example, a redirect leads from a public server
    /// into a private network, or the server is on this machine and the request is neither an announce nor a scrape.
    /// </summary>
    AddressNotAllowed,

    /// <summary>The tracker can't be reached, or the connection failed.</summary>
    Unreachable,

    /// <summary>The tracker's TLS certificate is not valid.</summary>
    Certificate,

    /// <summary>The tracker did not respond in time.</summary>
    Timeout,

    /// <summary>The HTTP status is not 200 (OK).</summary>
    HttpStatus,

    /// <summary>The response is longer than the limit.</summary>
    TooLong,

    /// <summary>The response can't be parsed.</summary>
    Malformed,

    /// <summary>The tracker refused the request and gave a reason.</summary>
    Refused,
}
