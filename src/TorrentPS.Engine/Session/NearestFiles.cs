using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Session;

/// <summary>Finds the files whose names differ least from wildcards that match no file.</summary>
internal static class NearestFiles
{
    /// <summary>Maximum number of names in an error message. More names would fill several lines.</summary>
    private const int MaxNames = 3;

    /// <summary>
    /// Maximum number of files that are compared with a wildcard. One comparison takes some microseconds, so 20,000
    /// comparisons take less than a second. Torrents with more files are rare.
    /// </summary>
    private const int MaxFiles = 20_000;

    /// <summary>
    /// Maximum number of characters in a comparison. The rest of a longer wildcard, name or path is ignored. File
    /// systems allow file names of at most 255 characters.
    /// </summary>
    private const int MaxLength = 255;

    /// <summary>
    /// Returns the paths of at most three files: those that differ least from the wildcards, the most similar one
    /// first. The paths begin below the torrent's top-level folder.
    /// </summary>
    public static IReadOnlyList<string> Find(TorrentMetainfo metainfo, IReadOnlyList<string> wildcards) =>
    [
        .. metainfo.Files
            .Where(file => !file.IsPadding)
            .Take(MaxFiles)
            .Select(file => PathInTorrent(metainfo, file))
            .OrderBy(path => wildcards.Select(wildcard => Distance(wildcard, path)).DefaultIfEmpty(0).Min())
            .Take(MaxNames),
    ];

    /// <summary>
    /// Returns the smallest number of characters that must be inserted, deleted or replaced to make the wildcard match.
    /// A wildcard with a slash is compared with the path, and any other wildcard with the file name.
    /// </summary>
    internal static int Distance(string wildcard, string path)
    {
        wildcard = wildcard.Replace('\\', '/');
        string name = wildcard.Contains('/', StringComparison.Ordinal) ? path : path[(path.LastIndexOf('/') + 1)..];
        ReadOnlySpan<char> pattern = wildcard.AsSpan(0, Math.Min(wildcard.Length, MaxLength));
        ReadOnlySpan<char> text = name.AsSpan(0, Math.Min(name.Length, MaxLength));

        // The edit distance of the pattern's first i characters from the text's first j, one row for each i. An asterisk
        // matches any number of characters at no cost.
        int[] row = [.. Enumerable.Range(0, text.Length + 1)];
        int[] next = new int[row.Length];
        foreach (char expected in pattern)
        {
            bool isAny = expected == '*';
            next[0] = row[0] + (isAny ? 0 : 1);
            for (int j = 1; j <= text.Length; j++)
            {
                next[j] = isAny
                    ? Math.Min(row[j], next[j - 1])
                    : Math.Min(
                        row[j - 1] + (IsSame(expected, text[j - 1]) ? 0 : 1), Math.Min(row[j], next[j - 1]) + 1);
            }

            (row, next) = (next, row);
        }

        return row[^1];
    }

    private static bool IsSame(char expected, char actual) =>
        expected == '?' || char.ToLowerInvariant(expected) == char.ToLowerInvariant(actual);

    private static string PathInTorrent(TorrentMetainfo metainfo, TorrentFile file) =>
        metainfo.IsMultiFile ? file.Path[(file.Path.IndexOf('/') + 1)..] : file.Path;
}
