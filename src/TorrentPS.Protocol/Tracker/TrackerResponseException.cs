using System.Text;

namespace TorrentPS.Protocol.Tracker;

/// <summary>Why an answer of a tracker gives no result.</summary>
public enum TrackerResponseError
{
    /// <summary>The tracker refused, and said why.</summary>
    Refused,

    /// <summary>The answer is not what the protocol says.</summary>
    Malformed,
}

/// <summary>The tracker refused, or answered what can't be read.</summary>
public sealed class TrackerResponseException : Exception
{
    /// <summary>Names the error; the message is the tracker's own reason when it refused.</summary>
    public TrackerResponseException(TrackerResponseError error, string message)
        : base(message) => Error = error;

    /// <summary>Names the error and keeps its cause.</summary>
    public TrackerResponseException(TrackerResponseError error, string message, Exception innerException)
        : base(message, innerException) => Error = error;

    /// <summary>Why there is no result.</summary>
    public TrackerResponseError Error { get; }
}

/// <summary>What a tracker says for people to read: bounded, on one line, and without characters that change how it displays.</summary>
internal static class TrackerText
{
    /// <summary>The most bytes of a message that are read: a sentence or two.</summary>
    public const int MaxLength = 512;

    public static string Read(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, MaxLength)]);
        string safe = Primitives.DisplayText.Sanitise(text, MaxLength);
        return safe.Length > 0 ? safe : "The tracker gave no reason.";
    }
}
