using TorrentPS.Protocol.Bencode;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>
/// Reads the optional texts, the creation date and the private flag of a torrent. An invalid text or date is ignored
/// with a warning.
/// </summary>
internal sealed class TextFields(MetainfoLimits limits, WarningList warnings)
{
    /// <summary>Returns a text of one line, made displayable, or null if it is absent, empty or invalid.</summary>
    public string? Line(BencodeValue dictionary, string key, string location) =>
        Raw(dictionary, key, location) is { } text && DisplayText.Line(text, limits.MaxTextLength) is { Length: > 0 } line
            ? line
            : null;

    /// <summary>
    /// Returns a text of several lines, made displayable, or null if it is absent, empty or invalid.
    /// </summary>
    public string? Lines(BencodeValue dictionary, string key, string location) =>
        Raw(dictionary, key, location) is { } text && DisplayText.Lines(text, limits.MaxTextLength) is { Length: > 0 } all
            ? all
            : null;

    public DateTimeOffset? Date(BencodeValue torrent)
    {
        if (!torrent.TryGet("creation date"u8, out BencodeValue value))
            return null;
        if (value.TryGetInt64(out long seconds)
            && seconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds()
            && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return DateTimeOffset.FromUnixTimeSeconds(seconds);
        }

        warnings.Ignored("creation date", "The value is not a valid time");
        return null;
    }

    /// <summary>
    /// Returns whether the torrent is private (BEP 27). An invalid flag counts as private, so that a private torrent is
    /// never announced to the DHT or other public sources of peers by mistake.
    /// </summary>
    public bool IsPrivate(BencodeValue info)
    {
        if (!info.TryGet("private"u8, out BencodeValue value))
            return false;
        if (value.TryGetInt64(out long flag) && flag is 0 or 1)
            return flag == 1;
        warnings.Add(
            TorrentWarningCode.FieldIgnored,
            "info.private",
            "The flag is neither 0 nor 1; the torrent is treated as private.");
        return true;
    }

    private string? Raw(BencodeValue dictionary, string key, string location)
    {
        if (!FileFields.TryGetUtf8Variant(dictionary, key, BencodeKind.Bytes, out BencodeValue value))
            return null;
        if (value.Kind == BencodeKind.Bytes && value.Bytes.Length <= limits.MaxTextLength)
            return value.Bytes.IsEmpty ? null : value.GetText();
        warnings.Ignored(
            location, value.Kind == BencodeKind.Bytes ? "The text is too long" : "The value is not a string");
        return null;
    }
}
