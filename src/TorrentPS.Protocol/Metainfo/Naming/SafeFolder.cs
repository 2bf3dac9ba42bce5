using System.Text;

namespace TorrentPS.Protocol.Metainfo.Naming;

/// <summary>
/// A folder in the tree of safe paths. It records which safe names are in use, and which safe name each name from the
/// torrent has.
/// </summary>
internal sealed class SafeFolder(string path)
{
    private readonly Dictionary<string, SafeFolder> _folders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _lastNumber = new(StringComparer.Ordinal);

    /// <summary>
    /// Safe path of the folder, with <c>/</c> separators. The root of a torrent without a top-level folder has an empty
    /// path.
    /// </summary>
    public string Path { get; } = path;

    /// <summary>
    /// Whether the name of this folder, or of a folder between it and the root, was changed to make it safe.
    /// </summary>
    public bool IsChanged { get; private init; }

    /// <summary>
    /// Returns the subfolder for a folder name from the torrent, and creates it if necessary. An empty name and
    /// <c>.</c> stand for this folder.
    /// </summary>
    public SafeFolder GetOrAddFolder(ReadOnlySpan<byte> raw, Action<NameFlaws> report)
    {
        string key = RawKey(raw);
        if (_folders.TryGetValue(key, out SafeFolder? known))
            return known;
        SafeFolder folder;
        if (raw.IsEmpty || raw.SequenceEqual("."u8))
        {
            report(NameFlaws.Relative);
            folder = this;
        }
        else
        {
            string name = Reserve(SafeName.Clean(raw, out NameFlaws flaws), isFolder: true, ref flaws);
            if (flaws != NameFlaws.None)
                report(flaws);
            folder = new SafeFolder(Join(name)) { IsChanged = IsChanged || flaws != NameFlaws.None };
        }

        _folders.Add(key, folder);
        return folder;
    }

    /// <summary>
    /// Adds a file, given its name in the torrent, and returns its safe path. <paramref name="flaws"/> receives the
    /// reasons why the name was changed.
    /// </summary>
    public string AddFile(ReadOnlySpan<byte> raw, out NameFlaws flaws)
    {
        string name = Reserve(SafeName.Clean(raw, out flaws), isFolder: false, ref flaws);
        string path = Join(name);
        _files.TryAdd(RawKey(raw), path);
        return path;
    }

    public SafeFolder? FindFolder(ReadOnlySpan<byte> raw) => _folders.GetValueOrDefault(RawKey(raw));

    /// <summary>
    /// Returns the safe path of a file in this folder, given its name in the torrent. Returns null if there is no such
    /// file.
    /// </summary>
    public string? FindFile(ReadOnlySpan<byte> raw) => _files.GetValueOrDefault(RawKey(raw));

    private string Reserve(string name, bool isFolder, ref NameFlaws flaws)
    {
        if (_taken.Add(NameKey.Of(name)))
            return name;
        flaws |= NameFlaws.Collision;
        (string stem, string extension) = SafeName.SplitForNumber(name, isFolder);
        string family = NameKey.Of($"{stem}/{extension}");
        int number = _lastNumber.GetValueOrDefault(family);
        string numbered;
        do
        {
            numbered = SafeName.Number(name, isFolder, ++number);
        }
        while (!_taken.Add(NameKey.Of(numbered)));
        _lastNumber[family] = number;
        return numbered;
    }

    private string Join(string name) => Path.Length == 0 ? name : $"{Path}/{name}";

    /// <summary>
    /// Converts each byte of a name to one character, so that the name can be a dictionary key. A hostile torrent can't
    /// slow the dictionary down by keys with equal hash codes, because .NET randomizes the hash codes of strings.
    /// </summary>
    private static string RawKey(ReadOnlySpan<byte> raw) => Encoding.Latin1.GetString(raw);
}

/// <summary>
/// Computes keys of names, to find names that a file system treats as equal. Windows and macOS ignore case. macOS also
/// ignores the Unicode form.
/// </summary>
internal static class NameKey
{
    public static string Of(string name) => CanonicalForm.Decompose(CanonicalForm.Decompose(name).ToUpperInvariant());
}
