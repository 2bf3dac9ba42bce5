namespace TorrentPS.Engine.Storage;

/// <summary>A file that a torrent is made of, as it was found.</summary>
/// <param name="FullPath">Where it lies.</param>
/// <param name="Components">Its path below the folder; its name alone for a single file.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Modified">When it was last written.</param>
internal sealed record SourceFile(string FullPath, IReadOnlyList<string> Components, long Length, DateTime Modified)
{
    /// <summary>
    /// The files of a folder and all below it, ordered by their components so that the order is the same everywhere; or the one
    /// file. Symbolic links and junctions inside the folder are passed over: where they lead may be outside, or in a circle.
    /// </summary>
    /// <exception cref="StorageException">There is nothing at the path, or it can't be listed.</exception>
    public static IReadOnlyList<SourceFile> Find(string path)
    {
        try
        {
            if (File.Exists(path))
                return [Of(new FileInfo(path), [Path.GetFileName(path)])];
            var files = new List<SourceFile>();
            AddFolder(new DirectoryInfo(path), [], files);
            return files;
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception))
        {
            throw StorageFaults.Wrap(exception, path);
        }
    }

    /// <summary>Makes sure that the file is as it was found.</summary>
    /// <exception cref="StorageException">It is not (<see cref="StorageFaultKind.ContentChanged"/>).</exception>
    public void CheckUnchanged()
    {
        var now = new FileInfo(FullPath);
        if (now.Exists && Target(now) is var target && target.Length == Length && target.LastWriteTimeUtc == Modified)
            return;
        throw new StorageException(new StorageFault(
            StorageFaultKind.ContentChanged, FullPath, $"'{FullPath}' changed while the torrent was made. Make it again when the file is at rest."));
    }

    private static void AddFolder(DirectoryInfo folder, string[] above, List<SourceFile> files)
    {
        // Depth is bounded by the system's limit on paths, as links are not followed.
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            if (entry.LinkTarget is not null || entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
                continue;
            string[] components = [.. above, entry.Name];
            if (entry is DirectoryInfo below)
                AddFolder(below, components, files);
            else if (entry is FileInfo file)
                files.Add(Of(file, components));
        }
    }

    private static SourceFile Of(FileInfo file, IReadOnlyList<string> components)
    {
        FileInfo target = Target(file);
        return new SourceFile(file.FullName, components, target.Length, target.LastWriteTimeUtc);
    }

    private static FileInfo Target(FileInfo file) => file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
}
