namespace TorrentPS.Engine.Storage.Files;

/// <summary>
/// Builds the full paths of a torrent's files. Throws if a path would lead out of the destination. The metainfo parser
/// has already replaced unsafe names; this second check protects the disk from errors in the parser.
/// </summary>
internal static class ContentPath
{
    /// <summary>Returns the full path of a file of the torrent.</summary>
    /// <param name="destination">Folder that contains the torrent's top-level file or folder.</param>
    /// <param name="relative">Path in the torrent, with '/' between components.</param>
    /// <exception cref="StorageException">
    /// The path is unsafe or not inside the destination (<see cref="StorageFaultKind.BadPath"/>).
    /// </exception>
    public static string Join(string destination, string relative)
    {
        string root = Path.GetFullPath(destination);
        foreach (string component in relative.Split('/'))
        {
            if (!IsSafe(component))
            {
                string shown = Path.Combine(root, relative.Replace('\0', '?'));
                throw BadPath(
                    shown, $"Cannot use the path '{relative}' in the torrent: it is not a safe relative path.");
            }
        }

        string local = relative.Replace('/', Path.DirectorySeparatorChar);
        string expected =
            Path.EndsInDirectorySeparator(root) ? root + local : root + Path.DirectorySeparatorChar + local;

        // A path that the system would rewrite (dots, trailing spaces, device names) is refused.
        string full = Path.GetFullPath(expected);
        if (!string.Equals(full, expected, StringComparison.Ordinal))
            throw BadPath(expected, $"Cannot use the path '{relative}' in the torrent: it leads out of '{root}'.");
        return full;
    }

    /// <summary>
    /// Throws if a component of the path below the destination is a symbolic link or junction. Also throws if a folder
    /// exists where the file should be, or a file where a folder should be. The destination itself may be a link,
    /// because the user has chosen it. Because the path can change after the call, the files are also opened without
    /// following links.
    /// </summary>
    /// <exception cref="StorageException">
    /// One of these conditions is true (<see cref="StorageFaultKind.BadPath"/>).
    /// </exception>
    public static void RefuseLinks(string destination, string fullPath)
    {
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        for (string? path = fullPath; path is not null && path.Length > root.Length; path = Path.GetDirectoryName(path))
        {
            var entry = new FileInfo(path);
            FileAttributes attributes = entry.Attributes;
            if ((int)attributes == -1)
                continue;
            if (entry.LinkTarget is not null || attributes.HasFlag(FileAttributes.ReparsePoint))
            {
                throw BadPath(
                    path,
                    $"Cannot use '{path}': it is a symbolic link. Remove the link or choose another destination.");
            }

            bool isFolder = attributes.HasFlag(FileAttributes.Directory);
            if (isFolder == (path.Length == fullPath.Length))
            {
                string message = isFolder
                    ? $"Cannot write the file '{path}': a folder is in its place. Move the folder away, then resume."
                    : $"Cannot create a folder: the file '{path}' is in its place. Move the file away, then resume.";
                throw BadPath(path, message);
            }
        }
    }

    // A colon follows a drive letter. On Windows it also separates a file name from the name of an alternate stream.
    private static bool IsSafe(string component) =>
        component.Length > 0
        && component is not ("." or "..")
        && component.AsSpan().IndexOfAny('\\', '\0') < 0
        && !(component.Length == 2 && component[1] == ':')
        && !(OperatingSystem.IsWindows() && component.Contains(':'));

    private static StorageException BadPath(string path, string message) =>
        new(new StorageFault(StorageFaultKind.BadPath, path, message));
}
