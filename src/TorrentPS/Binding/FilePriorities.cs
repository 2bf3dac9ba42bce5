using System.Collections;
using System.Globalization;
using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Binding;

/// <summary>
/// Parses file priorities such as <c>@{ '*.iso' = 'High'; 3 = 'Skip' }</c>, by wildcard or by file index.
/// </summary>
internal static class FilePriorities
{
    /// <summary>
    /// Returns the priority of each file that a key matches, by file index. An index overrides a wildcard for the same
    /// file.
    /// </summary>
    /// <exception cref="FormatException">
    /// A key matches no file of the torrent, or a value is not a priority.
    /// </exception>
    public static IReadOnlyDictionary<int, DownloadPriority> Of(TorrentMetainfo metainfo, IDictionary wishes)
    {
        var priorities = new Dictionary<int, DownloadPriority>();
        foreach (DictionaryEntry wish in wishes.Cast<DictionaryEntry>().OrderBy(wish => wish.Key is int))
        {
            DownloadPriority priority = PriorityOf(wish.Value);
            foreach (int file in FilesOf(metainfo, wish.Key))
                priorities[file] = priority;
        }

        return priorities;
    }

    private static DownloadPriority PriorityOf(object? value)
    {
        // Any number can be converted to the enumeration, also one that is not a priority.
        if (LanguagePrimitives.TryConvertTo(value, out DownloadPriority priority) && Enum.IsDefined(priority))
            return priority;
        throw new FormatException(
            $"'{value}' is not a priority. Write one of {string.Join(", ", Enum.GetNames<DownloadPriority>())}.");
    }

    private static int[] FilesOf(TorrentMetainfo metainfo, object key)
    {
        if (key is int index)
        {
            return index >= 0 && index < metainfo.Files.Count
                ? [index]
                : throw new FormatException(
                    $"'{metainfo.Name}' has no file {index}. Its files are numbered from 0 to "
                    + $"{metainfo.Files.Count - 1}.");
        }

        string text = Convert.ToString(key, CultureInfo.InvariantCulture) ?? "";
        var pattern = WildcardPattern.Get(text.Replace('\\', '/'), WildcardOptions.IgnoreCase);
        int[] files =
        [
            .. Enumerable.Range(0, metainfo.Files.Count).Where(file => IsMeant(pattern, metainfo.Files[file].Path)),
        ];
        return files.Length > 0 ? files : throw new FormatException(
            $"'{metainfo.Name}' has no file '{text}'. Write a path, a name, a wildcard or an index.");
    }

    /// <summary>
    /// Whether a wildcard matches a file like -Include: by path, by path inside the top-level folder, or by name.
    /// </summary>
    private static bool IsMeant(WildcardPattern pattern, string path) =>
        pattern.IsMatch(path)
        || pattern.IsMatch(path[(path.IndexOf('/') + 1)..])
        || pattern.IsMatch(path[(path.LastIndexOf('/') + 1)..]);
}
