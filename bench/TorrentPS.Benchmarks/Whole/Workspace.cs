namespace TorrentPS.Benchmarks.Whole;

/// <summary>A folder of its own for one run, gone with it.</summary>
internal sealed class Workspace : IDisposable
{
    /// <summary>How much is made up and written at a time, in bytes.</summary>
    private const int ChunkLength = 1 << 20;

    public Workspace(string parent) => Root = Directory.CreateDirectory(Path.Combine(parent, $"torrentps-{Guid.NewGuid():n}")).FullName;

    /// <summary>A file system in memory where the system has one, so that the engine is measured and not the disk.</summary>
    public static string DefaultParent => Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    public string Root { get; }

    /// <summary>A folder inside, made when it is not there.</summary>
    public string Folder(string name) => Directory.CreateDirectory(Path.Combine(Root, name)).FullName;

    /// <summary>Makes a file of random bytes, the same in every run.</summary>
    /// <returns>Its path.</returns>
    public string MakeContent(string folder, int mebibytes)
    {
        string path = Path.Combine(Folder(folder), "content");
        var random = new Random(1);
        byte[] chunk = new byte[ChunkLength];
        using FileStream file = File.Create(path);
        for (int i = 0; i < mebibytes; i++)
        {
            random.NextBytes(chunk);
            file.Write(chunk);
        }

        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
