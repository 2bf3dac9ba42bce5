namespace TorrentPS.Engine.Storage;

/// <summary>Gives the system's I/O errors their names.</summary>
internal static class StorageFaults
{
    // The runtime puts the bare errno into HResult on Unix, and 0x8007xxxx on Windows.
    private const int ErrnoNoSpace = 28;
    private const int ErrnoReadOnlyFileSystem = 30;
    private const int ErrnoQuotaLinux = 122;
    private const int ErrnoQuotaBsd = 69;
    private const int ErrnoNotADirectory = 20;
    private const int ErrnoTooManyLinks = 40;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsWriteProtected = unchecked((int)0x80070013);
    private const int WindowsBadName = unchecked((int)0x8007007B);

    /// <summary>Whether an exception is one the disk can cause, and so becomes a fault.</summary>
    public static bool IsDiskError(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or NotSupportedException or System.Security.SecurityException;

    /// <summary>Wraps what <see cref="IsDiskError"/> accepts, with its kind, place and way out.</summary>
    public static StorageException Wrap(Exception exception, string path)
    {
        if (exception is StorageException already)
            return already;
        StorageFaultKind kind = KindOf(exception);
        return new StorageException(new StorageFault(kind, path, Describe(kind, path, exception)), exception);
    }

    private static StorageFaultKind KindOf(Exception exception) => exception switch
    {
        UnauthorizedAccessException or System.Security.SecurityException => StorageFaultKind.AccessDenied,
        FileNotFoundException or DirectoryNotFoundException or EndOfStreamException => StorageFaultKind.ContentMissing,
        PathTooLongException or NotSupportedException => StorageFaultKind.BadPath,
        _ => exception.HResult switch
        {
            WindowsDiskFull or WindowsHandleDiskFull => StorageFaultKind.DiskFull,
            WindowsWriteProtected => StorageFaultKind.AccessDenied,
            WindowsBadName => StorageFaultKind.BadPath,
            ErrnoNoSpace or ErrnoQuotaLinux or ErrnoQuotaBsd when !OperatingSystem.IsWindows() => StorageFaultKind.DiskFull,
            ErrnoReadOnlyFileSystem when !OperatingSystem.IsWindows() => StorageFaultKind.AccessDenied,
            ErrnoNotADirectory or ErrnoTooManyLinks when !OperatingSystem.IsWindows() => StorageFaultKind.BadPath,
            _ => StorageFaultKind.IOError,
        },
    };

    private static string Describe(StorageFaultKind kind, string path, Exception exception) => kind switch
    {
        StorageFaultKind.DiskFull => $"No room is left for '{path}'. Free some space and resume.",
        StorageFaultKind.AccessDenied => $"'{path}' can't be opened: permission is missing or the volume is read-only. Correct it and resume.",
        StorageFaultKind.ContentMissing => $"'{path}' is gone or shorter than it was. Check the content again.",
        StorageFaultKind.BadPath => $"The path '{path}' can't be used: {exception.Message}",
        _ => $"The disk refused '{path}': {exception.Message}",
    };
}
