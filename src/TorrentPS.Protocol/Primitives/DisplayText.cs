using System.Globalization;
using System.Text;

namespace TorrentPS.Protocol.Primitives;

/// <summary>Text from outside, made fit to be shown on one line of a terminal or in a table.</summary>
internal static class DisplayText
{
    /// <summary>
    /// Removes what could change how a line displays (control, format and direction characters), folds white space to single spaces
    /// and cuts to <paramref name="maxLength"/> characters.
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
            else if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned))
            {
                kept.Append(rune.ToString());
            }
        }

        return kept.ToString().TrimEnd();
    }
}
