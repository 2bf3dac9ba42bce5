using System.Text;
using TorrentPS.Protocol.Bencode;

namespace TorrentPS.Protocol.Metainfo.Parsing;

/// <summary>
/// Reads the fields that describe a file in v1 as well as in v2: <c>length</c>, <c>attr</c> and <c>symlink path</c>
/// (BEP 3, BEP 47). Also chooses between a field and its <c>.utf-8</c> variant.
/// </summary>
internal static class FileFields
{
    public static TorrentFileAttributes Attributes(BencodeValue file) =>
        file.BytesAt("attr"u8) is { } letters ? AttributeLetters.Read(letters.Span) : TorrentFileAttributes.None;

    /// <summary>
    /// Returns the length of a file in bytes. Throws if the length is missing or invalid. The length of a symlink is
    /// always 0; another length in the torrent is ignored with a warning, as libtorrent ignores it.
    /// </summary>
    public static long Length(
        BencodeValue file, TorrentFileAttributes attributes, Func<string> location, WarningList warnings)
    {
        bool isPresent = file.TryGet("length"u8, out BencodeValue value);
        if ((attributes & TorrentFileAttributes.Symlink) != 0)
        {
            if (isPresent && !(value.TryGetInt64(out long given) && given == 0))
                warnings.Ignored(location() + ".length", "The length of a symlink is not zero");
            return 0;
        }

        if (!isPresent)
            throw file.Fail(MetainfoError.MissingLength, location(), "The length is missing.");
        string problem;
        if (value.Kind != BencodeKind.Number)
            problem = "The length is not an integer.";
        else if (!value.TryGetInt64(out long length))
            problem = "The length does not fit in 64 bits.";
        else if (length < 0)
            problem = "The length is negative.";
        else
            return length;
        throw value.Fail(MetainfoError.InvalidLength, location() + ".length", problem);
    }

    public static IReadOnlyList<ReadOnlyMemory<byte>>? SymlinkTarget(
        BencodeValue file, TorrentFileAttributes attributes)
    {
        if ((attributes & TorrentFileAttributes.Symlink) == 0
            || !file.TryGet("symlink path"u8, out BencodeValue path)
            || path.Kind != BencodeKind.List
            || path.Items().Any(part => part.Kind != BencodeKind.Bytes))
        {
            return null;
        }

        return [.. path.Items().Select(part => part.Bytes)];
    }

    /// <summary>
    /// Gets the value of a field, such as <c>name</c>. If the dictionary also has a variant of the field with the
    /// suffix <c>.utf-8</c>, the variant's value is returned instead, unless its type is not <paramref name="kind"/> or
    /// it is not valid UTF-8. Returns false if no value is found.
    /// </summary>
    public static bool TryGetUtf8Variant(BencodeValue dictionary, string key, BencodeKind kind, out BencodeValue value)
    {
        if (dictionary.TryGet(Encoding.UTF8.GetBytes(key + ".utf-8"), out value) && value.Kind == kind && IsUtf8(value))
            return true;
        return dictionary.TryGet(Encoding.UTF8.GetBytes(key), out value);
    }

    private static bool IsUtf8(BencodeValue value) => value.Kind == BencodeKind.Bytes
        ? System.Text.Unicode.Utf8.IsValid(value.Bytes.Span)
        : value.Items().Any() && value.Items().All(item => item.Kind == BencodeKind.Bytes && IsUtf8(item));
}
