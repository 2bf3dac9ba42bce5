namespace TorrentPS.Engine;

/// <summary>Kind of a storage error.</summary>
public enum StorageFaultKind
{
    /// <summary>The volume is full, or a disk quota is exceeded.</summary>
    DiskFull,

    /// <summary>Access is denied, or the volume is read-only.</summary>
    AccessDenied,

    /// <summary>
    /// A path cannot be used: it is too long, a part of it is a file instead of a folder, or it leads through a
    /// symbolic link.
    /// </summary>
    BadPath,

    /// <summary>
    /// A file exists in the destination, has no piece of the torrent, and was not created by an earlier run.
    /// </summary>
    FileExists,

    /// <summary>A file is missing or shorter than expected.</summary>
    ContentMissing,

    /// <summary>A file changed while it was read to create a torrent.</summary>
    ContentChanged,

    /// <summary>Another I/O error.</summary>
    IOError,
}

/// <summary>A storage error.</summary>
/// <param name="Kind">Kind of the error.</param>
/// <param name="Path">Full path of the file or folder.</param>
/// <param name="Message">Message for the user: what failed, why, and what to do.</param>
public sealed record StorageFault(StorageFaultKind Kind, string Path, string Message);

/// <summary>Thrown when content cannot be read or written.</summary>
public sealed class StorageException : IOException
{
    /// <summary>Creates an exception for an error.</summary>
    /// <param name="fault">The error. The exception has the same message.</param>
    /// <param name="inner">The exception that caused the error; null if there is none.</param>
    /// <exception cref="ArgumentNullException"><paramref name="fault"/> is null.</exception>
    public StorageException(StorageFault fault, Exception? inner = null)
        : base(fault?.Message, inner)
    {
        ArgumentNullException.ThrowIfNull(fault);
        Fault = fault;
    }

    /// <summary>The error with its kind and path.</summary>
    public StorageFault Fault { get; }
}
