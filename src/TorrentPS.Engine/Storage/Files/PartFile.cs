using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Engine.Storage.Files;

/// <summary>
/// The part file, in the state folder. It stores the share of verified pieces that belongs to skipped files. It is
/// created when first written and kept between runs. If it is lost, its data is downloaded again.
/// </summary>
/// <remarks>
/// Thread-safe. The file is opened exclusively, because a second process with other skipped files would use the same
/// slots for other pieces.
/// </remarks>
internal sealed class PartFile(string path) : IDisposable
{
    /// <summary>
    /// Length in bytes of the digest in the file name. The digest consists of the first bytes of the SHA-256 of the
    /// destination folder's path. Eight bytes are enough to distinguish the folders of one user.
    /// </summary>
    private const int DigestLength = 8;

    private readonly Lock _lock = new();
    private SafeFileHandle? _handle;
    private bool _disposed;

    public string FilePath { get; private set; } = Path.GetFullPath(path);

    /// <summary>Length of the file in bytes; 0 if it does not exist.</summary>
    /// <exception cref="StorageException">The file cannot be opened.</exception>
    public long Length
    {
        get
        {
            try
            {
                return Open(create: false) is { } handle ? RandomAccess.GetLength(handle) : 0;
            }
            catch (Exception exception) when (IsDiskErrorOrDisposed(exception))
            {
                throw StorageFaults.Wrap(exception, FilePath);
            }
        }
    }

    /// <summary>Returns the path of the part file of one torrent and destination.</summary>
    /// <param name="stateFolder">The session's state folder.</param>
    /// <param name="torrent">
    /// Identifier of the torrent. The file name begins with it, so it must be unique and valid in a file name.
    /// </param>
    /// <param name="destination">Folder that contains the torrent's top-level file or folder.</param>
    public static string PathFor(string stateFolder, string torrent, string destination)
    {
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes(folder));
        string suffix = Convert.ToHexStringLower(digest.AsSpan(0, DigestLength));
        return Path.Combine(stateFolder, $"{torrent}-{suffix}.parts");
    }

    /// <summary>Deletes a part file, if it exists. I/O errors are ignored.</summary>
    public static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception))
        {
            // A file that remains costs only disk space: its content is verified before use.
        }
    }

    /// <summary>
    /// Writes the buffers one after another, beginning at an offset in the file. Creates the file and its folder if
    /// needed.
    /// </summary>
    /// <exception cref="StorageException">The file cannot be created or written.</exception>
    public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        try
        {
            RandomAccess.Write(Open(create: true)!, buffers, offset);
        }
        catch (Exception exception) when (IsDiskErrorOrDisposed(exception))
        {
            throw StorageFaults.Wrap(exception, FilePath);
        }
    }

    /// <summary>Reads bytes that begin at an offset in the file.</summary>
    /// <returns>Number of bytes read; 0 at the end of the file or if it does not exist.</returns>
    /// <exception cref="StorageException">The file cannot be opened or read.</exception>
    public int Read(long offset, Span<byte> buffer)
    {
        try
        {
            return Open(create: false) is { } handle ? RandomAccess.Read(handle, buffer, offset) : 0;
        }
        catch (Exception exception) when (IsDiskErrorOrDisposed(exception))
        {
            throw StorageFaults.Wrap(exception, FilePath);
        }
    }

    /// <summary>
    /// Replaces another part file on the same volume: moves this part file to the path of the other one. If nothing was
    /// written to this part file, only deletes the other one.
    /// </summary>
    /// <exception cref="StorageException">The move or the deletion failed. The other file is unchanged.</exception>
    public void Replace(PartFile other)
    {
        try
        {
            lock (_lock)
            {
                bool exists = _handle is not null;
                Close();
                other.CloseUntilUsed();
                if (exists)
                    File.Move(FilePath, other.FilePath, overwrite: true);
                else if (File.Exists(other.FilePath))
                    File.Delete(other.FilePath);
                FilePath = other.FilePath;
            }
        }
        catch (Exception exception) when (IsDiskErrorOrDisposed(exception))
        {
            throw StorageFaults.Wrap(exception, other.FilePath);
        }
    }

    /// <summary>Closes the file, and deletes it if it is empty.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            if (_handle is null)
                return;
            Close();
            if (new FileInfo(FilePath) is { Exists: true, Length: 0 })
                Delete(FilePath);
        }
    }

    /// <summary>Closes the file; the next read or write opens it again.</summary>
    private void CloseUntilUsed()
    {
        lock (_lock)
            Close();
    }

    private void Close()
    {
        _handle?.Dispose();
        _handle = null;
    }

    private static bool IsDiskErrorOrDisposed(Exception exception) =>
        StorageFaults.IsDiskError(exception) || exception is ObjectDisposedException;

    /// <summary>
    /// Returns the open file. Returns null if the file does not exist and <paramref name="create"/> is false.
    /// </summary>
    private SafeFileHandle? Open(bool create)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_handle is not null || (!create && !File.Exists(FilePath)))
                return _handle;
            return _handle = OwnerOnly.Open(
                FilePath, create ? FileMode.OpenOrCreate : FileMode.Open, FileShare.None);
        }
    }
}
