namespace TorrentPS.Engine.Storage;

/// <summary>
/// Joins a torrent's relative path to the destination so that it can't leave it. The path comes from outside: what the
/// metainfo parser made safe is checked again here, at the last door before the disk.
/// </summary>
internal static class ContentPath
{
    /// <summary>The full path of a torrent's file.</summary>
    /// <param name="destination">The folder that holds the content.</param>
    /// <param name="relative">Components separated by '/'.</param>
    /// <exception cref="StorageException">The path is not plainly inside the destination (<see cref="StorageFaultKind.BadPath"/>).</exception>
    public static string Join(string destination, string relative)
    {
        string root = Path.GetFullPath(destination);
        foreach (string component in relative.Split('/'))
        {
            if (!IsSafe(component))
                throw BadPath(Path.Combine(root, relative.Replace('\0', '?')), $"The path '{relative}' in the torrent is not a safe relative path.");
        }

        string local = relative.Replace('/', Path.DirectorySeparatorChar);
        string expected = Path.EndsInDirectorySeparator(root) ? root + local : root + Path.DirectorySeparatorChar + local;

        // Canonicalising must change nothing: whatever the system would rewrite (dots, trailing spaces, devices) is refused.
        string full = Path.GetFullPath(expected);
        if (!string.Equals(full, expected, StringComparison.Ordinal))
            throw BadPath(expected, $"The path '{relative}' in the torrent does not stay inside '{root}'.");
        return full;
    }

    /// <summary>
    /// Refuses a path on which a symbolic link or junction lies below the destination, or a file where a folder is needed. The
    /// destination itself may be a link: that is the user's own choice.
    /// </summary>
    /// <exception cref="StorageException">A component can't be followed (<see cref="StorageFaultKind.BadPath"/>).</exception>
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
                throw BadPath(path, $"'{path}' is a symbolic link; content is not written through links. Remove it or choose another destination.");
            bool isFolder = attributes.HasFlag(FileAttributes.Directory);
            if (isFolder == (path.Length == fullPath.Length))
                throw BadPath(path, isFolder ? $"'{path}' is a folder where a file is needed." : $"'{path}' is a file where a folder is needed.");
        }
    }

    // A colon names a drive, and on Windows also a hidden stream of another file.
    private static bool IsSafe(string component) =>
        component.Length > 0
        && component is not ("." or "..")
        && component.AsSpan().IndexOfAny('\\', '\0') < 0
        && !(component.Length == 2 && component[1] == ':')
        && !(OperatingSystem.IsWindows() && component.Contains(':'));

    private static StorageException BadPath(string path, string message) =>
        new(new StorageFault(StorageFaultKind.BadPath, path, message));
}
