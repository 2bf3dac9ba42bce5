using System.Globalization;
using TorrentPS.Engine;

namespace TorrentPS.Swarms.Namespaces;

/// <summary>A temporary folder with a torrent, its content and a folder per peer. Disposal deletes it.</summary>
internal sealed class Content : IDisposable
{
    private const string Prefix = "torrentps-links-";

    private static int s_count;
    private readonly string _root;

    public Content(long size, int pieceLength)
    {
        // Uses a file system in memory if there is one, as the links are measured and not the disk.
        string parent = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        RemoveOrphans(parent);
        int number = Interlocked.Increment(ref s_count);
        string name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}x{number}");
        _root = Directory.CreateDirectory(Path.Combine(parent, name)).FullName;
        byte[] bytes = new byte[size];
        new Random(1).NextBytes(bytes);
        string path = Path.Combine(FolderOf("seed"), "content");
        File.WriteAllBytes(path, bytes);
        var options = new TorrentCreationOptions { PieceLength = pieceLength, HasCreationDate = false };
        byte[] torrent = TorrentCreator.CreateAsync(path, options).GetAwaiter().GetResult();
        Torrent = Path.Combine(_root, "content.torrent");
        File.WriteAllBytes(Torrent, torrent);
    }

    /// <summary>The path of the torrent file.</summary>
    public string Torrent { get; }

    /// <summary>Returns a peer's folder. The folder of "seed" has the content.</summary>
    public string FolderOf(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    public void Dispose()
    {
        if (Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
    }

    /// <summary>Deletes the folders of killed runs. A folder's name contains its process id.</summary>
    private static void RemoveOrphans(string parent)
    {
        foreach (string folder in Directory.GetDirectories(parent, Prefix + "*"))
        {
            if (!Directory.Exists($"/proc/{Path.GetFileName(folder)[Prefix.Length..].Split('x')[0]}"))
                Directory.Delete(folder, recursive: true);
        }
    }
}
