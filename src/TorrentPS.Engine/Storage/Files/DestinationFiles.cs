using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Engine.Storage.Files;

/// <summary>
/// The files of a torrent in its destination folder. They are opened when first used, and never written through a
/// symbolic link. An existing file is written only if it is empty or known (<see cref="KnownFiles"/>). A file that is
/// longer than in the torrent is cut to its length when it is opened for writing.
/// </summary>
/// <remarks>
/// Thread-safe. A file is opened folder by folder from the destination on, without following links. A process that
/// replaces a folder by a link at the same time therefore cannot redirect a write. The destination itself may be a
/// link, because the user has chosen it.
/// </remarks>
internal sealed class DestinationFiles : IContentFiles
{
    /// <summary>
    /// Default maximum number of files kept open. It is far below the usual limit of 1,024 descriptors per process,
    /// because sockets use descriptors too.
    /// </summary>
    public const int DefaultOpenFiles = 128;

    private readonly string _destination;
    private readonly AllocationMode _allocation;
    private readonly KnownFiles _known;
    private readonly FileHandleCache _handles;

    /// <param name="layout">Maps the torrent's bytes to its files.</param>
    /// <param name="destination">
    /// Folder that contains the torrent's top-level file or folder. It is created when a file is first written.
    /// </param>
    /// <param name="allocation">Whether disk space for the whole length of a file is reserved when the file is
    /// created.</param>
    /// <param name="openFiles">
    /// Maximum number of files kept open. It is exceeded only while more files are in use at the same time.
    /// </param>
    /// <param name="known">The files that may be written although they exist. Null: no file is known yet.</param>
    public DestinationFiles(
        ContentLayout layout,
        string destination,
        AllocationMode allocation = AllocationMode.Sparse,
        int openFiles = DefaultOpenFiles,
        KnownFiles? known = null)
    {
        Layout = layout;
        _known = known ?? new KnownFiles(layout.Files.Length);
        _destination = Path.GetFullPath(destination);
        _allocation = allocation;
        _handles = new FileHandleCache(openFiles, Open);
    }

    /// <inheritdoc/>
    public ContentLayout Layout { get; }

    /// <summary>
    /// Whether files are read through symbolic links. True if the user has chosen existing content to seed or check.
    /// False for a download, because another program could replace a file by a link, and this client would then upload
    /// a different file.
    /// </summary>
    public bool ReadsThroughLinks { get; init; } = true;

    public int OpenFiles => _handles.OpenCount;

    /// <inheritdoc/>
    public string PathOf(int file) => ContentPath.Join(_destination, Layout.Files[file].Path);

    /// <inheritdoc/>
    public long LengthOf(int file)
    {
        string path = PathOf(file);
        try
        {
            var entry = new FileInfo(path);
            if (!entry.Exists)
                return -1;
            if (entry.LinkTarget is null)
                return entry.Length;

            // FileInfo.Length of a link is the length of the link itself, but reads follow the link.
            FileSystemInfo? target = entry.ResolveLinkTarget(returnFinalTarget: true);
            return target is FileInfo { Exists: true } targetFile ? targetFile.Length : -1;
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception))
        {
            throw StorageFaults.Wrap(exception, path);
        }
    }

    /// <summary>
    /// Creates the destination folder and tests that files can be created in it, so that an error is reported before
    /// anything is downloaded. The test file is deleted.
    /// </summary>
    /// <exception cref="StorageException">The folder or the test file cannot be created.</exception>
    public void EnsureWritable()
    {
        try
        {
            Directory.CreateDirectory(_destination);
            string testFile = Path.Combine(_destination, $".torrentps-{Guid.NewGuid():N}");
            File.OpenHandle(
                testFile, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception exception)
            when (exception is DirectoryNotFoundException or FileNotFoundException || File.Exists(_destination))
        {
            var fault = new StorageFault(
                StorageFaultKind.BadPath,
                _destination,
                $"Cannot create the folder '{_destination}': a file is in its place, its drive is not available, or its "
                + "file system allows no new folder there. Choose another destination.");
            throw new StorageException(fault, exception);
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception))
        {
            throw StorageFaults.Wrap(exception, _destination);
        }
    }

    /// <inheritdoc/>
    public void Write(int file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        try
        {
            using FileHandleCache.Lease lease = _handles.Acquire(file, write: true);
            VectorIO.Write(lease.Handle, buffers, offset);
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception) || exception is ObjectDisposedException)
        {
            throw StorageFaults.Wrap(exception, Path.Combine(_destination, Layout.Files[file].Path));
        }
    }

    /// <inheritdoc/>
    public long Read(int file, long offset, IReadOnlyList<Memory<byte>> buffers)
    {
        try
        {
            using FileHandleCache.Lease lease = _handles.Acquire(file, write: false);
            return VectorIO.Read(lease.Handle, buffers, offset);
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception) || exception is ObjectDisposedException)
        {
            throw StorageFaults.Wrap(exception, Path.Combine(_destination, Layout.Files[file].Path));
        }
    }

    /// <inheritdoc/>
    public int Read(int file, long offset, Span<byte> buffer)
    {
        try
        {
            using FileHandleCache.Lease lease = _handles.Acquire(file, write: false);
            return RandomAccess.Read(lease.Handle, buffer, offset);
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception) || exception is ObjectDisposedException)
        {
            throw StorageFaults.Wrap(exception, Path.Combine(_destination, Layout.Files[file].Path));
        }
    }

    /// <inheritdoc/>
    public bool MayWrite(int file) => _known.Contains(file) || LengthOf(file) <= 0;

    /// <summary>
    /// Prepares files for a download. Throws an exception if one of them may not be written. Otherwise creates the
    /// empty files of the torrent, and truncates the files that are longer than in the torrent. Symbolic links are not
    /// created.
    /// </summary>
    /// <param name="isWanted">Returns whether to prepare the file with the given index.</param>
    /// <exception cref="StorageException">
    /// A file exists and is not known (<see cref="StorageFaultKind.FileExists"/>), or a file cannot be created or
    /// truncated.
    /// </exception>
    public void Prepare(Func<int, bool> isWanted)
    {
        int[] wanted =
            [.. Enumerable.Range(0, Layout.Files.Length).Where(i => Layout.Files[i].IsOnDisk && isWanted(i))];
        int[] foreign = [.. wanted.Where(file => !MayWrite(file))];
        if (foreign.Length > 0)
        {
            ContentPath.RefuseLinks(_destination, PathOf(foreign[0]));
            throw FileExists(PathOf(foreign[0]), foreign.Length - 1);
        }

        // An empty file is created here, because it has no piece that would create it.
        foreach (int file in wanted)
        {
            long length = LengthOf(file);
            if (length > Layout.Files[file].Length || (length < 0 && Layout.Files[file].Length == 0))
                Create(file);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handles.Dispose();

    private SafeFileHandle Open(int file, bool write)
    {
        string path = PathOf(file);
        if (!write && ReadsThroughLinks)
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (write)
            CreateDestination();
        SafeFileHandle handle = OpenWithoutLinks(file, path, write);
        try
        {
            if (write)
                TakeOver(handle, file, path);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private SafeFileHandle OpenWithoutLinks(int file, string path, bool write)
    {
        string[] components = Layout.Files[file].Path.Split('/');
        try
        {
            return OperatingSystem.IsWindows()
                ? WindowsPath.Open(_destination, components, write)
                : UnixPath.Open(_destination, components, write);
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception))
        {
            // Throws an exception that names the link, file or folder in the way, if it is still there.
            ContentPath.RefuseLinks(_destination, path);
            throw;
        }
    }

    /// <summary>
    /// Prepares an open file for writing. Records an empty file as a known file, and truncates a known file that is
    /// longer than in the torrent. With <see cref="AllocationMode.Preallocated"/>, reserves the disk space of an empty
    /// file.
    /// </summary>
    /// <exception cref="StorageException">The file has content and is not known, or the disk is full.</exception>
    private void TakeOver(SafeFileHandle handle, int file, string path)
    {
        long length = RandomAccess.GetLength(handle);
        if (!_known.Contains(file))
        {
            if (length > 0)
                throw FileExists(path, others: 0);
            _known.Add(file);
        }

        if (length == 0 && _allocation == AllocationMode.Preallocated)
            Reserve(handle, Layout.Files[file].Length, path);
        if (length > Layout.Files[file].Length)
            RandomAccess.SetLength(handle, Layout.Files[file].Length);
    }

    private void Create(int file)
    {
        try
        {
            Open(file, write: true).Dispose();
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception))
        {
            throw StorageFaults.Wrap(exception, Path.Combine(_destination, Layout.Files[file].Path));
        }
    }

    private static StorageException FileExists(string path, int others)
    {
        string message = others == 0
            ? $"Cannot overwrite '{path}': the file exists and has no piece of the torrent. Move it away, then resume, "
            : $"Cannot overwrite '{path}' and {others} more: these files exist and have no piece of the torrent. "
                + "Move them away, then resume, ";
        return new StorageException(new StorageFault(
            StorageFaultKind.FileExists,
            path,
            message + "or start the torrent again with -Force (torrentps: --force)."));
    }

    /// <summary>
    /// Creates the destination folder and its parent folders. If a file exists where a folder should be, throws an
    /// exception with the path of this file, which .NET's exception lacks.
    /// </summary>
    private void CreateDestination()
    {
        try
        {
            Directory.CreateDirectory(_destination);
        }
        catch (IOException exception) when (FileInPlaceOf(_destination) is { } file)
        {
            var fault = new StorageFault(
                StorageFaultKind.BadPath,
                file,
                $"Cannot create a folder: the file '{file}' is in its place. Move the file away, then resume.");
            throw new StorageException(fault, exception);
        }
    }

    private static string? FileInPlaceOf(string folder)
    {
        for (string? path = folder; path is not null; path = Path.GetDirectoryName(path))
        {
            if (File.Exists(path))
                return path;
        }

        return null;
    }

    private static void Reserve(SafeFileHandle handle, long length, string path)
    {
        bool reserved = OperatingSystem.IsWindows()
            ? WindowsPath.TryReserve(handle, length)
            : UnixPath.TryReserve(handle, length);
        if (reserved)
            return;
        throw new StorageException(new StorageFault(
            StorageFaultKind.DiskFull,
            path,
            $"Cannot reserve {length} bytes for '{path}': the disk is full. Free space, then resume."));
    }
}
