using System.Globalization;
using System.Text;

namespace TorrentPS.Protocol.Metainfo.Naming;

/// <summary>
/// Canonical decomposition of Unicode text (NFD, Unicode Standard Annex 15) by an embedded table.
/// <see cref="string.Normalize()"/> needs ICU, which may be absent. With the table, the safe names of a torrent are the
/// same on every system.
/// </summary>
internal static class CanonicalForm
{
    private const int FirstSyllable = 0xac00;
    private const int SyllableCount = 11172;
    private const int FirstLead = 0x1100;
    private const int FirstVowel = 0x1161;
    private const int BeforeFirstTail = 0x11a7;
    private const int TailCount = 28;
    private const int SyllablesPerLead = 21 * TailCount;

    private static readonly Lazy<Tables> Data = new(Tables.Load);

    public static string Decompose(string text)
    {
        if (Ascii.IsValid(text))
            return text;
        Tables tables = Data.Value;
        var runes = new List<(Rune Rune, int Class)>(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            foreach (Rune part in Parts(rune, tables))
                Insert(runes, part, tables.Classes.GetValueOrDefault(part.Value));
        }

        var result = new StringBuilder(text.Length);
        foreach ((Rune rune, _) in runes)
            result.Append(rune.ToString());
        return result.ToString();
    }

    private static StringRuneEnumerator Parts(Rune rune, Tables tables)
    {
        if (tables.Decompositions.TryGetValue(rune.Value, out string? parts))
            return parts.EnumerateRunes();
        int syllable = rune.Value - FirstSyllable;
        if (syllable is < 0 or >= SyllableCount)
            return rune.ToString().EnumerateRunes();
        char lead = (char)(FirstLead + (syllable / SyllablesPerLead));
        char vowel = (char)(FirstVowel + (syllable % SyllablesPerLead / TailCount));
        int tail = syllable % TailCount;
        return (tail == 0 ? $"{lead}{vowel}" : $"{lead}{vowel}{(char)(BeforeFirstTail + tail)}").EnumerateRunes();
    }

    /// <summary>
    /// Adds a character to the list. A character of combining class 0 is appended. A combining mark is inserted before
    /// the marks of higher class at the end of the list.
    /// </summary>
    private static void Insert(List<(Rune Rune, int Class)> runes, Rune rune, int combiningClass)
    {
        int at = runes.Count;
        if (combiningClass != 0)
        {
            while (at > 0 && runes[at - 1].Class > combiningClass)
                at--;
        }

        runes.Insert(at, (rune, combiningClass));
    }

    private sealed record Tables(Dictionary<int, string> Decompositions, Dictionary<int, int> Classes)
    {
        public static Tables Load()
        {
            var tables = new Tables([], []);
            using Stream stream = typeof(CanonicalForm).Assembly.GetManifestResourceStream("CanonicalForm.txt")!;
            using var reader = new StreamReader(stream);
            while (reader.ReadLine() is { } line)
            {
                if (!line.StartsWith('#'))
                    tables.Add(line);
            }

            return tables;
        }

        private static int Hex(string digits) =>
            int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

        private void Add(string line)
        {
            string[] decomposition = line.Split('=');
            if (decomposition.Length == 2)
            {
                IEnumerable<string> parts =
                    decomposition[1].Split(' ').Select(part => char.ConvertFromUtf32(Hex(part)));
                Decompositions.Add(Hex(decomposition[0]), string.Concat(parts));
                return;
            }

            string[] range = line.Split('-', ':');
            for (int rune = Hex(range[0]); rune <= Hex(range[1]); rune++)
                Classes.Add(rune, int.Parse(range[2], CultureInfo.InvariantCulture));
        }
    }
}
