namespace TorrentPS.Engine;

/// <summary>Why the disk refused.</summary>
public enum StorageFaultKind
{
    /// <summary>The volume has no room left, or a quota is reached.</summary>
    DiskFull,

    /// <summary>Permission is missing, or the volume is read-only.</summary>
    AccessDenied,

    /// <summary>A path is unusable: too long, a file where a folder is needed, or a symbolic link in the way.</summary>
    BadPath,

    /// <summary>Content that was there is gone or shorter than it was.</summary>
    ContentMissing,

    /// <summary>Content changed while it was read.</summary>
    ContentChanged,

    /// <summary>Any other I/O error.</summary>
    IOError,
}

/// <summary>A refusal of the disk with its name, place and way out.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Path">The file or folder concerned, as a full path.</param>
/// <param name="Message">What happened and what to do, for a person.</param>
public sealed record StorageFault(StorageFaultKind Kind, string Path, string Message);

/// <summary>Thrown where a storage operation is awaited; carries the named fault.</summary>
public sealed class StorageException : IOException
{
    /// <summary>Wraps a fault.</summary>
    public StorageException(StorageFault fault, Exception? inner = null)
        : base(fault?.Message, inner)
    {
        ArgumentNullException.ThrowIfNull(fault);
        Fault = fault;
    }

    /// <summary>What happened.</summary>
    public StorageFault Fault { get; }
}
