using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Engine.Storage.Files;

/// <summary>
/// The files in the destination that a torrent may write: files that the torrent created, files in which a piece of the
/// torrent was found, and files that the user allowed the torrent to overwrite. The list is stored in the state folder.
/// Without the stored list, a later run could not recognize a file that was created but has no whole piece yet.
/// </summary>
/// <remarks>
/// <para>The stored list has one byte per file of the torrent: 1 for a known file, otherwise 0.</para>
/// <para>Thread-safe.</para>
/// </remarks>
internal sealed class KnownFiles
{
    private readonly Lock _lock = new();
    private readonly string? _path;
    private readonly bool[] _known;

    /// <param name="fileCount">Number of files in the torrent.</param>
    /// <param name="path">Path of the stored list; null if the list is not stored.</param>
    public KnownFiles(int fileCount, string? path = null)
    {
        _path = path;
        _known = new bool[fileCount];
        Load();
    }

    /// <summary>Returns the path at which a torrent's list of known files is stored.</summary>
    /// <param name="partFilePath">Path of the part file of the same torrent and destination.</param>
    public static string PathFor(string partFilePath) => Path.ChangeExtension(partFilePath, ".files");

    public bool Contains(int file)
    {
        lock (_lock)
            return _known[file];
    }

    /// <summary>
    /// Adds files to the list and stores the list. I/O errors are ignored: if the list was not stored, a later run
    /// overwrites the files only if the user allows it.
    /// </summary>
    public void Add(params IEnumerable<int> files)
    {
        lock (_lock)
        {
            int[] added = [.. files.Where(file => !_known[file])];
            foreach (int file in added)
                _known[file] = true;
            if (_path is not null && added.Length > 0)
                Store(_path, added);
        }
    }

    private static void Store(string path, int[] added)
    {
        try
        {
            using SafeFileHandle stored = OwnerOnly.Open(path, FileMode.OpenOrCreate, FileShare.ReadWrite);
            foreach (int file in added)
                RandomAccess.Write(stored, [1], file);
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception))
        {
            // The list in memory is right for this run.
        }
    }

    private void Load()
    {
        try
        {
            if (_path is null || !File.Exists(_path))
                return;
            using FileStream stored = File.OpenRead(_path);
            byte[] bytes = new byte[_known.Length];
            int length = stored.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            for (int i = 0; i < length; i++)
                _known[i] = bytes[i] == 1;
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception))
        {
            // Without the list, the user is asked before a file is overwritten.
        }
    }
}
