using System.Text;

namespace TorrentPS.Protocol.Tracker;

/// <summary>Error code of a <see cref="TrackerResponseException"/>.</summary>
public enum TrackerResponseError
{
    /// <summary>
    /// The tracker reported a failure. The message of the exception is the reason that the tracker gave, if any.
    /// </summary>
    Refused,

    /// <summary>The response is not in the format that the BEPs define.</summary>
    Malformed,
}

/// <summary>The exception that is thrown when a tracker's response reports a failure or is malformed.</summary>
public sealed class TrackerResponseException : Exception
{
    /// <summary>
    /// Creates an exception with an error code and a message. For <see cref="TrackerResponseError.Refused"/>, the
    /// message is the tracker's reason.
    /// </summary>
    public TrackerResponseException(TrackerResponseError error, string message)
        : base(message) => Error = error;

    /// <summary>Creates an exception with an error code, a message and the exception that caused it.</summary>
    public TrackerResponseException(TrackerResponseError error, string message, Exception innerException)
        : base(message, innerException) => Error = error;

    /// <summary>Error code, which identifies the kind of error.</summary>
    public TrackerResponseError Error { get; }
}

/// <summary>
/// Decodes a text from a tracker for display: on one line, limited in length, and without control characters.
/// </summary>
internal static class TrackerText
{
    /// <summary>Maximum length of a text in bytes, enough for several sentences. A longer text is cut off.</summary>
    public const int MaxLength = 512;

    public static string Read(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, MaxLength)]);
        string safe = Primitives.DisplayText.Line(text, MaxLength);
        return safe.Length > 0 ? safe : "The tracker gave no reason.";
    }
}
