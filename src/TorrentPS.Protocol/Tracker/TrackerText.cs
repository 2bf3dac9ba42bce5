using System.Text;

namespace TorrentPS.Protocol.Tracker;

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
