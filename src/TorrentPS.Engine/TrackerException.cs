using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine;

/// <summary>A tracker gave no usable answer; the message says what happened, without the URL (which may hold a secret).</summary>
public sealed class TrackerException : Exception
{
    /// <summary>Names the error.</summary>
    public TrackerException(TrackerErrorKind kind, Uri tracker, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
        Tracker = tracker;
    }

    /// <summary>Why there is no answer.</summary>
    public TrackerErrorKind Kind { get; }

    /// <summary>The tracker's announce URL.</summary>
    public Uri Tracker { get; }

    /// <summary>The same error as the codec named it, with the tracker that it came from.</summary>
    internal static TrackerException From(TrackerResponseException cause, Uri tracker)
    {
        var kind = cause.Error == TrackerResponseError.Refused ? TrackerErrorKind.Refused : TrackerErrorKind.Malformed;
        return new TrackerException(kind, tracker, cause.Message, cause);
    }
}

/// <summary>Why a tracker gave no usable answer.</summary>
public enum TrackerErrorKind
{
    /// <summary>The URL's scheme is neither http, https nor udp.</summary>
    UnsupportedScheme,

    /// <summary>The URL can't be asked: it has no port where one is needed, or is beyond what the system takes.</summary>
    BadUrl,

    /// <summary>The tracker offers no scrape: its URL does not follow the rule (BEP 48).</summary>
    ScrapeUnsupported,

    /// <summary>The host name has no address, or none of the family that the session is bound to.</summary>
    HostNotFound,

    /// <summary>No connection could be made, or it broke.</summary>
    Unreachable,

    /// <summary>The tracker's certificate is not valid.</summary>
    Certificate,

    /// <summary>The tracker did not answer in time.</summary>
    Timeout,

    /// <summary>The HTTP status is not 200.</summary>
    HttpStatus,

    /// <summary>The answer is longer than any answer needs to be.</summary>
    TooLong,

    /// <summary>The answer can't be read.</summary>
    Malformed,

    /// <summary>The tracker refused and said why.</summary>
    Refused,
}
