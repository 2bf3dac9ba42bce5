namespace TorrentPS.Engine.Storage;

/// <summary>Converts I/O exceptions of .NET to <see cref="StorageException"/>.</summary>
internal static class StorageFaults
{
    // Values of Exception.HResult: .NET sets it to the errno on Unix, and to 0x8007xxxx on Windows.
    private const int ErrnoNoSpace = 28;
    private const int ErrnoReadOnlyFileSystem = 30;
    private const int ErrnoQuotaLinux = 122;
    private const int ErrnoQuotaBsd = 69;
    private const int ErrnoNotADirectory = 20;
    private const int ErrnoTooManyLinksLinux = 40;
    private const int ErrnoTooManyLinksBsd = 62;
    private const int ErrnoNameTooLongLinux = 36;
    private const int ErrnoNameTooLongBsd = 63;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsWriteProtected = unchecked((int)0x80070013);
    private const int WindowsBadName = unchecked((int)0x8007007B);
    private const int WindowsStoppedAtLink = unchecked((int)0x800702A9);

    /// <summary>
    /// Whether an exception is of a type that file operations throw for errors of the disk, the file system or the
    /// path.
    /// </summary>
    public static bool IsDiskError(Exception exception) =>
        exception is IOException
            or UnauthorizedAccessException
            or NotSupportedException
            or System.Security.SecurityException;

    /// <summary>
    /// Converts an exception to a <see cref="StorageException"/> with the kind of the error, the path and a message for
    /// the user. Returns a <see cref="StorageException"/> unchanged.
    /// </summary>
    public static StorageException Wrap(Exception exception, string path)
    {
        if (exception is StorageException storageException)
            return storageException;
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
            WindowsBadName or WindowsStoppedAtLink => StorageFaultKind.BadPath,
            ErrnoNoSpace or ErrnoQuotaLinux or ErrnoQuotaBsd when !OperatingSystem.IsWindows() =>
                StorageFaultKind.DiskFull,
            ErrnoReadOnlyFileSystem when !OperatingSystem.IsWindows() => StorageFaultKind.AccessDenied,
            ErrnoNotADirectory
                or ErrnoTooManyLinksLinux
                or ErrnoTooManyLinksBsd
                or ErrnoNameTooLongLinux
                or ErrnoNameTooLongBsd when !OperatingSystem.IsWindows() => StorageFaultKind.BadPath,
            _ => StorageFaultKind.IOError,
        },
    };

    private static string Describe(StorageFaultKind kind, string path, Exception exception) => kind switch
    {
        StorageFaultKind.DiskFull => $"Cannot write '{path}': the disk is full. Free space, then resume.",
        StorageFaultKind.AccessDenied =>
            $"Cannot open '{path}': access denied, or the volume is read-only. Correct the permissions, then resume.",
        StorageFaultKind.ContentMissing =>
            $"Cannot read '{path}': the file is missing or shorter than before. Check the content again.",
        StorageFaultKind.BadPath => $"Cannot use the path '{path}': {exception.Message}",
        _ => $"Cannot read or write '{path}': {exception.Message}",
    };
}
