namespace TorrentPS.Engine.Storage.Scanning;

/// <summary>A file from which a torrent is created, with its state when the folder was listed.</summary>
/// <param name="FullPath">Full path of the file.</param>
/// <param name="Components">
/// Components of the path below the torrent's folder. For a torrent of a single file, only the file name.
/// </param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Modified">Time of the last write to the file, UTC.</param>
internal sealed record SourceFile(string FullPath, IReadOnlyList<string> Components, long Length, DateTime Modified)
{
    /// <summary>
    /// Lists a single file, or all files of a folder and its subfolders. The files are sorted by path component in
    /// ordinal order, which is the same on every system. Symbolic links and junctions inside the folder are skipped,
    /// because they may lead out of it or form a cycle.
    /// </summary>
    /// <exception cref="StorageException">The path does not exist or cannot be listed.</exception>
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

    /// <summary>Throws if the file's length or the time of its last write has changed since it was listed.</summary>
    /// <exception cref="StorageException">The file has changed
    /// (<see cref="StorageFaultKind.ContentChanged"/>).</exception>
    public void CheckUnchanged()
    {
        var now = new FileInfo(FullPath);
        if (now.Exists && Target(now) is var target && target.Length == Length && target.LastWriteTimeUtc == Modified)
            return;
        throw new StorageException(new StorageFault(
            StorageFaultKind.ContentChanged,
            FullPath,
            $"Cannot create the torrent: '{FullPath}' changed while it was read. "
            + "Try again when no program writes to the file."));
    }

    private static void AddFolder(DirectoryInfo folder, string[] parents, List<SourceFile> files)
    {
        // The recursion is bounded by the system's limit on path lengths, because links are not followed.
        IEnumerable<FileSystemInfo> entries = folder.EnumerateFileSystemInfos();
        foreach (FileSystemInfo entry in entries.OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            if (entry.LinkTarget is not null || entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
                continue;
            string[] components = [.. parents, entry.Name];
            if (entry is DirectoryInfo subfolder)
                AddFolder(subfolder, components, files);
            else if (entry is FileInfo file)
                files.Add(Of(file, components));
        }
    }

    private static SourceFile Of(FileInfo file, IReadOnlyList<string> components)
    {
        FileInfo target = Target(file);
        return new SourceFile(file.FullName, components, target.Length, target.LastWriteTimeUtc);
    }

    private static FileInfo Target(FileInfo file) =>
        file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
}
