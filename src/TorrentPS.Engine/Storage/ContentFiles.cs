using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Engine.Storage;

/// <summary>
/// A torrent's files under its destination: opened when first needed, never truncated, never written beyond the torrent's length
/// of a file and never through a symbolic link. A file that is longer than the torrent says is left longer.
/// </summary>
/// <remarks>
/// Thread-safe. Links are looked for around each open, which defends against what lies in the destination, not against a process
/// that swaps folders for links at the same moment with the rights to do so.
/// </remarks>
internal sealed class ContentFiles : IContentFiles
{
    /// <summary>How many idle files stay open: far under the usual limit of 1,024 descriptors, so that sockets have room.</summary>
    public const int DefaultOpenFiles = 128;

    private readonly string _destination;
    private readonly AllocationMode _allocation;
    private readonly FileHandleCache _handles;

    /// <param name="layout">The files.</param>
    /// <param name="destination">The folder that holds the torrent's top-level file or folder; created when first written.</param>
    /// <param name="allocation">How room is taken.</param>
    /// <param name="openFiles">How many idle files stay open.</param>
    public ContentFiles(
        ContentLayout layout,
        string destination,
        AllocationMode allocation = AllocationMode.Sparse,
        int openFiles = DefaultOpenFiles)
    {
        Layout = layout;
        _destination = Path.GetFullPath(destination);
        _allocation = allocation;
        _handles = new FileHandleCache(openFiles, Open);
    }

    /// <inheritdoc/>
    public ContentLayout Layout { get; }

    /// <summary>How many files are open.</summary>
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

            // A link says its own length; what it leads to is what is read.
            return entry.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target ? target.Length : -1;
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception))
        {
            throw StorageFaults.Wrap(exception, path);
        }
    }

    /// <summary>
    /// Makes the destination and tries it, so that a folder that can't be written shows before anything is fetched for it. What it
    /// tries it with is gone when the call returns.
    /// </summary>
    /// <exception cref="StorageException">The folder can't be made or written.</exception>
    public void EnsureWritable()
    {
        try
        {
            Directory.CreateDirectory(_destination);
            string trial = Path.Combine(_destination, $".torrentps-{Guid.NewGuid():N}");
            File.OpenHandle(trial, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception exception) when (exception is DirectoryNotFoundException || File.Exists(_destination))
        {
            var fault = new StorageFault(
                StorageFaultKind.BadPath, _destination, $"The folder '{_destination}' can't be made there. Choose another destination.");
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

    /// <summary>Creates the files that have no bytes and that no piece would ever create. Symbolic links are never created.</summary>
    /// <param name="isWanted">Which entries, by index; all when null.</param>
    /// <exception cref="StorageException">The disk refused.</exception>
    public void CreateEmptyFiles(Func<int, bool>? isWanted = null)
    {
        for (int i = 0; i < Layout.Files.Length; i++)
        {
            if (Layout.Files[i] is not { IsOnDisk: true, Length: 0 } || isWanted?.Invoke(i) == false)
                continue;
            try
            {
                Open(i, write: true).Dispose();
            }
            catch (Exception exception) when (StorageFaults.IsDiskError(exception))
            {
                throw StorageFaults.Wrap(exception, Path.Combine(_destination, Layout.Files[i].Path));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handles.Dispose();

    private SafeFileHandle Open(int file, bool write)
    {
        string path = PathOf(file);
        const FileShare share = FileShare.ReadWrite | FileShare.Delete;
        if (!write)
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, share);

        ContentPath.RefuseLinks(_destination, path);
        MakeFolder(Path.GetDirectoryName(path)!);
        SafeFileHandle handle = _allocation == AllocationMode.Preallocated && !File.Exists(path)
            ? OpenPreallocated(path, Layout.Files[file].Length, share)
            : File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, share);
        try
        {
            ContentPath.RefuseLinks(_destination, path);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The runtime calls a file in a folder's place a missing path; for the user the path is what can't be used.</summary>
    private static void MakeFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (IOException exception) when (FileInPlaceOf(folder) is { } file)
        {
            throw new StorageException(
                new StorageFault(StorageFaultKind.BadPath, file, $"'{file}' is a file where a folder is needed. Move it away and resume."), exception);
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

    private static SafeFileHandle OpenPreallocated(string path, long length, FileShare share)
    {
        const int unspecifiedIOError = unchecked((int)0x80131620);
        try
        {
            return File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, share, preallocationSize: length);
        }
        catch (IOException exception) when (exception.HResult == unspecifiedIOError && exception.GetType() == typeof(IOException))
        {
            // The runtime reports a reservation that does not fit without the system's error code.
            throw new StorageException(
                new StorageFault(StorageFaultKind.DiskFull, path, $"No room is left to reserve '{path}'. Free some space and resume."), exception);
        }
    }
}
