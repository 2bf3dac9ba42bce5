using System.Globalization;
using System.Text;

namespace TorrentPS.Protocol.Primitives;

/// <summary>
/// Makes text that was received from a peer, tracker or torrent safe to show on one line of a terminal or table.
/// </summary>
internal static class DisplayText
{
    /// <summary>
    /// Removes control, format, private-use and unassigned characters, replaces each run of white space by one space,
    /// and trims both ends. The text ends before the character that would exceed <paramref name="maxLength"/> UTF-16
    /// code units.
    /// </summary>
    public static string Sanitise(string text, int maxLength)
    {
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
            else if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned))
            {
                kept.Append(rune.ToString());
            }
        }

        return kept.ToString().TrimEnd();
    }
}
