namespace TorrentPS.Engine;

/// <summary>Kind of a storage error.</summary>
public enum StorageFaultKind
{
    /// <summary>The volume is full, or a disk quota is exceeded.</summary>
    DiskFull,

    /// <summary>Access is denied, or the volume is read-only.</summary>
    AccessDenied,

    /// <summary>
    /// A path cannot be used: it is too long, has a file in place of a folder, or leads through a symbolic link.
    /// </summary>
    BadPath,

    /// <summary>A file is missing or shorter than expected.</summary>
    ContentMissing,

    /// <summary>A file changed while a torrent was created of it.</summary>
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
    /// <summary>Creates the exception for an error.</summary>
    /// <param name="fault">The error; its message becomes that of the exception.</param>
    /// <param name="inner">Exception that caused the error, or null.</param>
    public StorageException(StorageFault fault, Exception? inner = null)
        : base(fault?.Message, inner)
    {
        ArgumentNullException.ThrowIfNull(fault);
        Fault = fault;
    }

    /// <summary>The error with its kind and path.</summary>
    public StorageFault Fault { get; }
}
