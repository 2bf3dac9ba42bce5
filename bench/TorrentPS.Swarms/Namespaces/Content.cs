using System.Globalization;
using TorrentPS.Engine;

namespace TorrentPS.Swarms.Namespaces;

/// <summary>A folder for the peers of one run, with a torrent and its content; gone with it.</summary>
internal sealed class Content : IDisposable
{
    private const string Prefix = "torrentps-links-";

    private static int s_count;
    private readonly string _root;

    public Content(long size, int pieceLength)
    {
        // In memory where the system has a file system there: the links are to be measured and not the disk.
        string parent = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        RemoveOrphans(parent);
        _root = Directory.CreateDirectory(Path.Combine(parent, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}x{Interlocked.Increment(ref s_count)}"))).FullName;
        byte[] bytes = new byte[size];
        new Random(1).NextBytes(bytes);
        string path = Path.Combine(FolderOf("seed"), "content");
        File.WriteAllBytes(path, bytes);
        byte[] torrent = TorrentCreator.CreateAsync(path, new TorrentCreationOptions { PieceLength = pieceLength, HasCreationDate = false }).GetAwaiter().GetResult();
        Torrent = Path.Combine(_root, "content.torrent");
        File.WriteAllBytes(Torrent, torrent);
    }

    /// <summary>The torrent file.</summary>
    public string Torrent { get; }

    /// <summary>A peer's folder; the one named seed has the content.</summary>
    public string FolderOf(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    public void Dispose()
    {
        if (Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
    }

    /// <summary>A run that was killed leaves its folder; the name holds its process's id.</summary>
    private static void RemoveOrphans(string parent)
    {
        foreach (string folder in Directory.GetDirectories(parent, Prefix + "*"))
        {
            if (!Directory.Exists($"/proc/{Path.GetFileName(folder)[Prefix.Length..].Split('x')[0]}"))
                Directory.Delete(folder, recursive: true);
        }
    }
}
