using System.Globalization;
using System.Text;

namespace TorrentPS.Protocol.Primitives;

/// <summary>
/// Makes text from a torrent, peer, tracker, server or file name safe to display. The methods are called where such
/// text becomes a property or part of a message, so that no output can control the terminal, hide or reorder text, or
/// look like further lines of output.
/// </summary>
public static class DisplayText
{
    /// <summary>
    /// Default maximum length of a text in UTF-16 code units. It equals the maximum length of a path on Linux in bytes
    /// (<c>PATH_MAX</c>), so that such a path is not cut off.
    /// </summary>
    public const int MaxLength = 4096;

    /// <summary>
    /// Returns the text as one line. Removes control, format (including bidirectional), private-use and unassigned
    /// characters, replaces each run of white space by one space, and trims both ends. The text ends before the
    /// character that would exceed <paramref name="maxLength"/> UTF-16 code units.
    /// </summary>
    public static string Line(string text, int maxLength = MaxLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        var kept = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (kept.Length + rune.Utf16SequenceLength > maxLength)
                break;
            if (Rune.IsWhiteSpace(rune))
            {
                if (kept.Length > 0 && kept[^1] != ' ')
                    kept.Append(' ');
            }
            else if (IsVisible(rune))
            {
                kept.Append(rune.ToString());
            }
        }

        return kept.ToString().TrimEnd();
    }

    /// <summary>
    /// Returns the text with its line breaks, each line as <see cref="Line"/> returns it. Empty lines at the end are
    /// removed.
    /// </summary>
    public static string Lines(string text, int maxLength = MaxLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        string lines = string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(line => Line(line, maxLength)));
        return lines[..Math.Min(lines.Length, maxLength)].TrimEnd();
    }

    /// <summary>
    /// Returns the text with U+FFFD in place of each character that cannot be displayed on one line. The user then sees
    /// where a name has such characters.
    /// </summary>
    public static string Mark(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var marked = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
            marked.Append((IsVisible(rune) && !IsLineBreak(rune) ? rune : Rune.ReplacementChar).ToString());
        return marked.ToString();
    }

    /// <summary>Returns whether <see cref="Line"/> would return the text unchanged, whatever its length is.</summary>
    public static bool IsLine(string text) => Line(text, int.MaxValue) == text;

    /// <summary>Returns whether the text has only visible characters, spaces, tabs and line breaks.</summary>
    public static bool IsDisplayable(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.EnumerateRunes().All(rune => IsVisible(rune) || rune.Value is '\t' or '\n' or '\r');
    }

    private static bool IsVisible(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    private static bool IsLineBreak(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
