using System.Text;

namespace TorrentPS.Protocol.Tracker;

/// <summary>Error code of a <see cref="TrackerResponseException"/>.</summary>
public enum TrackerResponseError
{
    /// <summary>The tracker reported a failure. The message is the tracker's reason.</summary>
    Refused,

    /// <summary>The response is malformed.</summary>
    Malformed,
}

/// <summary>A tracker reported a failure, or sent a malformed response.</summary>
public sealed class TrackerResponseException : Exception
{
    /// <summary>
    /// Creates an exception with an error code and a message: the tracker's reason for
    /// <see cref="TrackerResponseError.Refused"/>.
    /// </summary>
    public TrackerResponseException(TrackerResponseError error, string message)
        : base(message) => Error = error;

    /// <summary>Creates an exception with an error code, a message and its cause.</summary>
    public TrackerResponseException(TrackerResponseError error, string message, Exception innerException)
        : base(message, innerException) => Error = error;

    /// <summary>The error code.</summary>
    public TrackerResponseError Error { get; }
}

/// <summary>
/// Reads a tracker's text for the user: limited in length, on one line, and without control characters.
/// </summary>
internal static class TrackerText
{
    /// <summary>Maximum length of a text in bytes; the rest is cut off. Enough for one or two sentences.</summary>
    public const int MaxLength = 512;

    public static string Read(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, MaxLength)]);
        string safe = Primitives.DisplayText.Sanitise(text, MaxLength);
        return safe.Length > 0 ? safe : "The tracker gave no reason.";
    }
}
