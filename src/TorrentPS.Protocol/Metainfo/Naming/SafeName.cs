using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace TorrentPS.Protocol.Metainfo.Naming;

/// <summary>
/// Makes names safe by the rules of Windows, macOS and Linux together. The files of a torrent then have the same names
/// on every system. A safe name is returned unchanged.
/// </summary>
internal static class SafeName
{
    /// <summary>
    /// Maximum length of a name in bytes of UTF-8. ext4, APFS and NTFS all accept names of this length.
    /// </summary>
    public const int MaxBytes = 255;

    /// <summary>Character that replaces each forbidden character and each invalid UTF-8 sequence.</summary>
    public const char Replacement = '_';

    /// <summary>
    /// Maximum length of an extension in bytes of UTF-8, including its dot. Common extensions are much shorter. Longer
    /// text after the last dot of a name is not treated as an extension, so it may be cut when the name is shortened.
    /// </summary>
    private const int MaxExtensionBytes = 32;

    /// <summary>
    /// Characters that are forbidden in names: path separators and other characters that Windows forbids, control
    /// characters, characters that change the text direction, and the line and paragraph separators. Characters that
    /// change the direction (Unicode Bidi_Control) can make <c>gpj.exe</c> look like <c>exe.jpg</c>.
    /// </summary>
    private static readonly SearchValues<char> Forbidden = SearchValues.Create(
    [
        .. "/\\:*?\"<>|\u061c\u200e\u200f",
        .. Chars(0, 0x1f),
        .. Chars(0x7f, 0x9f),
        .. Chars(0x2028, 0x202e),
        .. Chars(0x2066, 0x2069),
    ]);

    /// <summary>
    /// UTF-8 decoder that replaces each invalid sequence by <see cref="Replacement"/>. Overlong encodings of <c>/</c>
    /// and <c>.</c> are invalid sequences.
    /// </summary>
    private static readonly Encoding ReplacingUtf8 = Encoding.GetEncoding(
        "utf-8", EncoderFallback.ReplacementFallback, new DecoderReplacementFallback(Replacement.ToString()));

    /// <summary>
    /// Returns the safe form of a name from the torrent. Sets <paramref name="flaws"/> to the reasons for which the
    /// safe form differs from the name.
    /// </summary>
    public static string Clean(ReadOnlySpan<byte> raw, out NameFlaws flaws)
    {
        flaws = Utf8.IsValid(raw) ? NameFlaws.None : NameFlaws.InvalidUtf8;
        string name = ReplacingUtf8.GetString(raw);
        if (name.AsSpan().ContainsAny(Forbidden))
        {
            flaws |= NameFlaws.ForbiddenCharacter;
            name = string.Create(
                name.Length, name, (safe, source) => source.AsSpan().ReplaceAny(safe, Forbidden, Replacement));
        }

        return ApplyRules(name, ref flaws);
    }

    /// <summary>
    /// Inserts a number before the extension of a name that another file or folder already uses: <c>bar.txt</c> becomes
    /// <c>bar.1.txt</c>.
    /// </summary>
    /// <param name="name">A safe name.</param>
    /// <param name="isFolder">
    /// Whether <paramref name="name"/> is a folder name. Folder names have no extension, so <c>v1.0</c> becomes
    /// <c>v1.0.1</c>.
    /// </param>
    /// <param name="number">The number to insert.</param>
    public static string Number(string name, bool isFolder, int number)
    {
        (string stem, string extension) = SplitForNumber(name, isFolder);
        return string.Create(CultureInfo.InvariantCulture, $"{stem}.{number}{extension}");
    }

    /// <summary>
    /// Splits a name into the parts before and after the number that <see cref="Number"/> inserts. The part before it
    /// is cut so that the numbered name has at most <see cref="MaxBytes"/> bytes.
    /// </summary>
    public static (string Stem, string Extension) SplitForNumber(string name, bool isFolder)
    {
        (string stem, string extension) = isFolder ? (name, string.Empty) : Split(name);
        const int roomForNumber = 11; // A dot and the ten digits of int.MaxValue.
        return (Cut(stem, MaxBytes - roomForNumber - Encoding.UTF8.GetByteCount(extension)), extension);
    }

    private static string ApplyRules(string name, ref NameFlaws flaws)
    {
        if (name.Length == 0 || name is "." or "..")
        {
            flaws |= NameFlaws.Relative;
            return Replacement.ToString();
        }

        name = Trim(name, ref flaws);
        if (WindowsNames.IsReserved(name))
        {
            flaws |= NameFlaws.Reserved;
            name = Replacement + name;
        }

        if (Encoding.UTF8.GetByteCount(name) <= MaxBytes)
            return name;
        flaws |= NameFlaws.TooLong;
        NameFlaws ignored = NameFlaws.None;
        return Trim(Shorten(name), ref ignored);
    }

    private static string Trim(string name, ref NameFlaws flaws)
    {
        string trimmed = name.TrimEnd('.', ' ');
        if (trimmed.Length == name.Length)
            return name;
        flaws |= NameFlaws.TrailingDotOrSpace;
        return trimmed.Length == 0 ? Replacement.ToString() : trimmed;
    }

    private static IEnumerable<char> Chars(int first, int last) =>
        Enumerable.Range(first, last - first + 1).Select(i => (char)i);

    private static string Shorten(string name)
    {
        (string stem, string extension) = Split(name);
        return Cut(stem, MaxBytes - Encoding.UTF8.GetByteCount(extension)) + extension;
    }

    private static (string Stem, string Extension) Split(string name)
    {
        int dot = name.LastIndexOf('.');
        return dot > 0 && Encoding.UTF8.GetByteCount(name.AsSpan(dot)) <= MaxExtensionBytes
            ? (name[..dot], name[dot..])
            : (name, string.Empty);
    }

    /// <summary>
    /// Returns the longest prefix of a text that has at most <paramref name="maxBytes"/> bytes of UTF-8. No character
    /// is split.
    /// </summary>
    private static string Cut(string text, int maxBytes)
    {
        int bytes = 0;
        int length = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > maxBytes)
                break;
            length += rune.Utf16SequenceLength;
        }

        return text[..length];
    }
}
