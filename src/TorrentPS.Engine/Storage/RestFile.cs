using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Engine.Storage;

/// <summary>
/// The side file in the state folder that keeps verified bytes of files that the user doesn't want. It is created when first
/// written and outlives the run, as a part of the download's state; without it the bytes are simply fetched again.
/// </summary>
/// <remarks>
/// Thread-safe. One process at a time has it open: two that arrange it for different files would read each other's bytes.
/// </remarks>
internal sealed class RestFile(string path) : IDisposable
{
    /// <summary>How much of the destination's digest is in the name, in bytes: enough that no two destinations of a user meet.</summary>
    private const int DigestLength = 8;

    private readonly Lock _gate = new();
    private SafeFileHandle? _handle;
    private bool _disposed;

    /// <summary>The file's full path.</summary>
    public string FilePath { get; private set; } = Path.GetFullPath(path);

    /// <summary>How long the file is, in bytes; zero when there is none.</summary>
    /// <exception cref="StorageException">The disk refused.</exception>
    public long Length
    {
        get
        {
            try
            {
                return Open(create: false) is { } handle ? RandomAccess.GetLength(handle) : 0;
            }
            catch (Exception exception) when (IsRefusal(exception))
            {
                throw StorageFaults.Wrap(exception, FilePath);
            }
        }
    }

    /// <summary>Where the file of a torrent and a destination is.</summary>
    /// <param name="stateFolder">The folder of the session's own files.</param>
    /// <param name="torrent">What tells the torrent from others, fit for a file name.</param>
    /// <param name="destination">The folder that holds the content.</param>
    public static string PathFor(string stateFolder, string torrent, string destination)
    {
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes(folder));
        return Path.Combine(stateFolder, $"{torrent}-{Convert.ToHexStringLower(digest.AsSpan(0, DigestLength))}.rest");
    }

    /// <summary>Deletes a file that no run needs any more, if there is one.</summary>
    public static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (StorageFaults.IsDiskError(exception))
        {
            // Only room is lost that could be given back: whatever the file holds is verified before it is used.
        }
    }

    /// <summary>Writes buffers in order, creating the file and its folder when needed.</summary>
    /// <exception cref="StorageException">The disk refused.</exception>
    public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        try
        {
            RandomAccess.Write(Open(create: true)!, buffers, offset);
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            throw StorageFaults.Wrap(exception, FilePath);
        }
    }

    /// <summary>Reads what is there.</summary>
    /// <returns>How many bytes were read; fewer than asked at the end of the file, zero when there is none.</returns>
    /// <exception cref="StorageException">The disk refused.</exception>
    public int Read(long offset, Span<byte> buffer)
    {
        try
        {
            return Open(create: false) is { } handle ? RandomAccess.Read(handle, buffer, offset) : 0;
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            throw StorageFaults.Wrap(exception, FilePath);
        }
    }

    /// <summary>Takes the place of another, on the same volume; the other is closed. Without a byte of its own there is then no file.</summary>
    /// <exception cref="StorageException">The disk refused; the other is as it was.</exception>
    public void Replace(RestFile other)
    {
        try
        {
            lock (_gate)
            {
                bool exists = _handle is not null;
                Close();
                other.Release();
                if (exists)
                    File.Move(FilePath, other.FilePath, overwrite: true);
                else if (File.Exists(other.FilePath))
                    File.Delete(other.FilePath);
                FilePath = other.FilePath;
            }
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            throw StorageFaults.Wrap(exception, other.FilePath);
        }
    }

    /// <summary>Closes the file; one that was created and never held a byte goes away.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            if (_handle is null)
                return;
            Close();
            if (new FileInfo(FilePath) is { Exists: true, Length: 0 })
                Delete(FilePath);
        }
    }

    /// <summary>Closes the file for the moment: the next access opens it again.</summary>
    private void Release()
    {
        lock (_gate)
            Close();
    }

    private void Close()
    {
        _handle?.Dispose();
        _handle = null;
    }

    private static bool IsRefusal(Exception exception) => StorageFaults.IsDiskError(exception) || exception is ObjectDisposedException;

    private SafeFileHandle? Open(bool create)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_handle is not null || (!create && !File.Exists(FilePath)))
                return _handle;
            Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
            return _handle = File.OpenHandle(
                FilePath, create ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
    }
}
