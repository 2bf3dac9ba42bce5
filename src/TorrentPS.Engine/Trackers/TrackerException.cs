using TorrentPS.Protocol.Tracker;

namespace TorrentPS.Engine.Trackers;

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
