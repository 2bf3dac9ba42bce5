using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Engine;

/// <summary>
/// Creates the folders and files of the state folder so that other users of the machine can't read them: folders get
/// the mode 0700, files the mode 0600. The mode of an existing folder is left as its owner set it. On Windows, new
/// folders and files inherit the permissions of the parent folder.
/// </summary>
internal static class OwnerOnly
{
    private const UnixFileMode NewFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode NewFolderMode = NewFileMode | UnixFileMode.UserExecute;

    /// <summary>Creates a folder and its missing parents, unless it exists.</summary>
    public static void CreateFolder(string path)
    {
        if (Directory.Exists(path))
            return;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        // .NET applies the mode to the last folder only, so the parents are created one by one.
        if (Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(path)) is { Length: > 0 } parent)
            CreateFolder(parent);
        Directory.CreateDirectory(path, NewFolderMode);
    }

    /// <summary>Opens a file for reading and writing. A missing file is created, and its folder too.</summary>
    /// <param name="path">Full path of the file.</param>
    /// <param name="mode">How the file is opened.</param>
    /// <param name="share">Access that other handles may have at the same time.</param>
    /// <param name="options">Further options, such as deletion when the file is closed.</param>
    public static SafeFileHandle Open(
        string path, FileMode mode, FileShare share, FileOptions options = FileOptions.None)
    {
        CreateFolder(Path.GetDirectoryName(path)!);
        if (mode != FileMode.Open && !File.Exists(path))
        {
            // File.OpenHandle can't set the mode of a new file.
            var creation = new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite,
            };
            Restrict(creation);
            new FileStream(path, creation).Dispose();
        }

        return File.OpenHandle(path, mode, FileAccess.ReadWrite, share, options);
    }

    /// <summary>
    /// Deletes a file that begins with the given bytes, unless it is a symbolic link. A file with other content is
    /// kept, because another program may have created it.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="start">The first bytes of every complete file of this kind.</param>
    /// <param name="isTemporary">
    /// Whether the name is that of a temporary file of <see cref="AtomicFile"/>. Such a file is also deleted if it is
    /// empty or ends within these bytes, because the program may have ended before the file was complete.
    /// </param>
    public static void DeleteIfStartsWith(FileInfo file, ReadOnlySpan<byte> start, bool isTemporary = false)
    {
        if (file.LinkTarget is not null)
            return;
        Span<byte> read = stackalloc byte[start.Length];
        int length;
        using (SafeFileHandle handle = File.OpenHandle(file.FullName))
            length = RandomAccess.Read(handle, read, 0);
        if ((length == start.Length || isTemporary) && start.StartsWith(read[..length]))
            file.Delete();
    }

    /// <summary>
    /// Changes the options so that only the owner of a new file can read and write the file. Has no effect on Windows.
    /// </summary>
    public static void Restrict(FileStreamOptions options)
    {
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = NewFileMode;
    }
}
