using System.Text;

namespace TorrentPS.Protocol.Metainfo.Naming;

/// <summary>One folder of the safe tree: which names are taken, and what the torrent's names became.</summary>
internal sealed class SafeFolder(string path)
{
    private readonly Dictionary<string, SafeFolder> _folders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _lastNumber = new(StringComparer.Ordinal);

    /// <summary>The safe path, '/' separated; empty for a folder that adds nothing to its files' paths.</summary>
    public string Path { get; } = path;

    /// <summary>Whether this folder's path is not what the torrent said.</summary>
    public bool IsChanged { get; private init; }

    /// <summary>The folder that a name of the torrent stands for, made on first sight.</summary>
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

    /// <summary>The safe path of a new file.</summary>
    public string AddFile(ReadOnlySpan<byte> raw, out NameFlaws flaws)
    {
        string name = Reserve(SafeName.Clean(raw, out flaws), isFolder: false, ref flaws);
        string path = Join(name);
        _files.TryAdd(RawKey(raw), path);
        return path;
    }

    /// <summary>The folder known under a name of the torrent.</summary>
    public SafeFolder? FindFolder(ReadOnlySpan<byte> raw) => _folders.GetValueOrDefault(RawKey(raw));

    /// <summary>The safe path of the file known under a name of the torrent.</summary>
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

    /// <summary>The bytes as a string of the same length: its hash is seeded, so that no torrent can choose colliding ones.</summary>
    private static string RawKey(ReadOnlySpan<byte> raw) => Encoding.Latin1.GetString(raw);
}

/// <summary>When two names are one to a file system that ignores case (Windows, macOS) or Unicode form (macOS).</summary>
internal static class NameKey
{
    /// <summary>Equal for names that some file system takes for the same.</summary>
    public static string Of(string name) => CanonicalForm.Decompose(CanonicalForm.Decompose(name).ToUpperInvariant());
}
