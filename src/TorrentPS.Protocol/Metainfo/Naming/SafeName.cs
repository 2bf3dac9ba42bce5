using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace TorrentPS.Protocol.Metainfo.Naming;

/// <summary>
/// Makes one component of a path safe by the strictest rules of Windows, macOS and Linux together, so that a torrent has the same
/// names everywhere. A name that is safe already comes back unchanged.
/// </summary>
internal static class SafeName
{
    /// <summary>The longest name in bytes of UTF-8: what ext4, APFS and NTFS all take.</summary>
    public const int MaxBytes = 255;

    /// <summary>What stands in the place of what can't stay.</summary>
    public const char Replacement = '_';

    /// <summary>A longer "extension" is just a name with a dot in it, and not worth keeping when shortening.</summary>
    private const int MaxExtensionBytes = 32;

    /// <summary>
    /// What Windows allows in no name, the two separators and the drive colon among them; control characters; the characters that
    /// change the direction of the text around them, so that <c>exe.jpg</c> can be shown for <c>gpj.exe</c> (Unicode Bidi_Control);
    /// and the two separators that break a line. All lie in the basic plane, so that one char is one character here.
    /// </summary>
    private static readonly SearchValues<char> Forbidden = SearchValues.Create(
        [.. "/\\:*?\"<>|\u061c\u200e\u200f", .. Chars(0, 0x1f), .. Chars(0x7f, 0x9f), .. Chars(0x2028, 0x202e), .. Chars(0x2066, 0x2069)]);

    /// <summary>Puts the replacement in the place of each sequence that is not UTF-8, overlong forms of '/' and '.' among them.</summary>
    private static readonly Encoding ReplacingUtf8 =
        Encoding.GetEncoding("utf-8", EncoderFallback.ReplacementFallback, new DecoderReplacementFallback(Replacement.ToString()));

    /// <summary>The safe form of a name given as the torrent's bytes.</summary>
    public static string Clean(ReadOnlySpan<byte> raw, out NameFlaws flaws)
    {
        flaws = Utf8.IsValid(raw) ? NameFlaws.None : NameFlaws.InvalidUtf8;
        string name = ReplacingUtf8.GetString(raw);
        if (name.AsSpan().ContainsAny(Forbidden))
        {
            flaws |= NameFlaws.ForbiddenCharacter;
            name = string.Create(name.Length, name, (safe, unsafeName) => unsafeName.AsSpan().ReplaceAny(safe, Forbidden, Replacement));
        }

        return ApplyRules(name, ref flaws);
    }

    /// <summary>Puts a number before the extension, for a name that is taken: <c>bar.1.txt</c>.</summary>
    /// <param name="name">A safe name.</param>
    /// <param name="isFolder">Folders have no extension: <c>v1.0</c> becomes <c>v1.0.1</c>.</param>
    /// <param name="number">The number.</param>
    public static string Number(string name, bool isFolder, int number)
    {
        (string stem, string extension) = SplitForNumber(name, isFolder);
        return string.Create(CultureInfo.InvariantCulture, $"{stem}.{number}{extension}");
    }

    /// <summary>The parts that <see cref="Number"/> puts a number between, short enough for any number.</summary>
    public static (string Stem, string Extension) SplitForNumber(string name, bool isFolder)
    {
        (string stem, string extension) = isFolder ? (name, string.Empty) : Split(name);
        const int roomForNumber = 11;
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

    private static IEnumerable<char> Chars(int first, int last) => Enumerable.Range(first, last - first + 1).Select(i => (char)i);

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

    /// <summary>The longest prefix of whole characters that fits.</summary>
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
