using System.Collections;
using System.Globalization;
using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Binding;

/// <summary>
/// Parses the value of -FilePriority, such as <c>@{ '*.iso' = 'High'; 3 = 'Skip' }</c>. A key is a wildcard or a file
/// index.
/// </summary>
internal static class FilePriorities
{
    /// <summary>
    /// Returns the priorities of the files that a key matches, by file index. If an index and a wildcard match the same
    /// file, the index takes precedence.
    /// </summary>
    /// <exception cref="FormatException">
    /// A key matches no file of the torrent, or a value is not a priority.
    /// </exception>
    public static IReadOnlyDictionary<int, DownloadPriority> Of(TorrentMetainfo metainfo, IDictionary given)
    {
        var priorities = new Dictionary<int, DownloadPriority>();
        foreach (DictionaryEntry entry in given.Cast<DictionaryEntry>().OrderBy(entry => entry.Key is int))
        {
            DownloadPriority priority = PriorityOf(entry.Value);
            foreach (int file in FilesOf(metainfo, entry.Key))
                priorities[file] = priority;
        }

        return priorities;
    }

    private static DownloadPriority PriorityOf(object? value)
    {
        // The conversion also accepts numbers that are not members of the enumeration.
        if (LanguagePrimitives.TryConvertTo(value, out DownloadPriority priority) && Enum.IsDefined(priority))
            return priority;
        throw new FormatException(
            $"'{value}' is not a priority. Use one of {string.Join(", ", Enum.GetNames<DownloadPriority>())}.");
    }

    private static int[] FilesOf(TorrentMetainfo metainfo, object key)
    {
        if (key is int index)
        {
            return index >= 0 && index < metainfo.Files.Count
                ? [index]
                : throw new FormatException(
                    $"'{metainfo.Name}' has no file {index}. Use an index from 0 to {metainfo.Files.Count - 1}.");
        }

        string text = Convert.ToString(key, CultureInfo.InvariantCulture) ?? "";
        var pattern = WildcardPattern.Get(text.Replace('\\', '/'), WildcardOptions.IgnoreCase);
        int[] files = [.. Enumerable.Range(0, metainfo.Files.Count).Where(
            file => IsMatch(pattern, metainfo.Files[file].Path))];
        return files.Length > 0
            ? files
            : throw new FormatException(
                $"No file of '{metainfo.Name}' matches '{text}'. Use a path, a file name, a wildcard or a file index.");
    }

    /// <summary>
    /// Returns whether the wildcard matches the whole path, the path without the torrent's top-level folder, or the
    /// file name. Wildcards of -Include and -Exclude are matched in the same way.
    /// </summary>
    private static bool IsMatch(WildcardPattern pattern, string path) =>
        pattern.IsMatch(path)
        || pattern.IsMatch(path[(path.IndexOf('/') + 1)..])
        || pattern.IsMatch(path[(path.LastIndexOf('/') + 1)..]);
}
