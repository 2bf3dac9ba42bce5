using System.Collections;
using System.Globalization;
using System.Management.Automation;
using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Binding;

/// <summary>Reads file priorities as people write them: <c>@{ '*.iso' = 'High'; 3 = 'Skip' }</c>, by wildcard or by file index.</summary>
internal static class FilePriorities
{
    /// <summary>The priority of each file named, by index. Where two keys name one file, its index is stronger than a wildcard.</summary>
    /// <exception cref="FormatException">A key names no file of the torrent, or a value is no priority.</exception>
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
        // A number that is no priority would pass for one of the enumeration.
        if (LanguagePrimitives.TryConvertTo(value, out DownloadPriority priority) && Enum.IsDefined(priority))
            return priority;
        throw new FormatException($"'{value}' is no priority: write {string.Join(", ", Enum.GetNames<DownloadPriority>())}.");
    }

    private static int[] FilesOf(TorrentMetainfo metainfo, object key)
    {
        if (key is int index)
        {
            return index >= 0 && index < metainfo.Files.Count
                ? [index]
                : throw new FormatException($"'{metainfo.Name}' has no file {index}: its files are numbered from 0 to {metainfo.Files.Count - 1}.");
        }

        string text = Convert.ToString(key, CultureInfo.InvariantCulture) ?? "";
        var pattern = WildcardPattern.Get(text.Replace('\\', '/'), WildcardOptions.IgnoreCase);
        int[] files = [.. Enumerable.Range(0, metainfo.Files.Count).Where(file => IsMeant(pattern, metainfo.Files[file].Path))];
        return files.Length > 0 ? files : throw new FormatException($"'{metainfo.Name}' has no file '{text}': write a path, a name or a wildcard, or its index.");
    }

    /// <summary>As -Include does it: by path, by path inside the torrent's folder, or by name.</summary>
    private static bool IsMeant(WildcardPattern pattern, string path) =>
        pattern.IsMatch(path) || pattern.IsMatch(path[(path.IndexOf('/') + 1)..]) || pattern.IsMatch(path[(path.LastIndexOf('/') + 1)..]);
}
