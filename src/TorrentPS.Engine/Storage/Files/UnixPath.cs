using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Engine.Storage.Files;

/// <summary>
/// Opens files on Unix without following symbolic links. Each folder is opened relative to its parent folder, so a path
/// that another process changes meanwhile does not lead elsewhere.
/// </summary>
internal static partial class UnixPath
{
    /// <summary>
    /// Maximum number of attempts to open one folder, which is created if it is missing. More than two attempts are
    /// needed only if another process removes the folder at the same time. The limit prevents an endless loop.
    /// </summary>
    private const int MaxAttempts = 8;

    // Permissions of new files (0666) and folders (0777) before the umask is applied, as in .NET.
    private const int FileMode = 0x1B6;
    private const int FolderMode = 0x1FF;

    // Values of errno that are the same on all Unix systems.
    private const int PermissionError = 1;
    private const int NoEntry = 2;
    private const int Interrupted = 4;
    private const int AccessError = 13;
    private const int Exists = 17;

    /// <summary>O_RDWR, the same on all Unix systems.</summary>
    private const int ReadWrite = 2;

    private static readonly Flags s_flags = Flags.OfSystem();

    /// <summary>
    /// Passed to <c>openat</c> as the folder if the path is absolute, because <c>openat</c> then ignores the folder.
    /// </summary>
    private static readonly SafeFileHandle s_noFolder = new(0, ownsHandle: false);

    /// <summary>Opens a file below a folder.</summary>
    /// <param name="root">The folder. Links in its own path are followed.</param>
    /// <param name="components">The folders below the root, and the file name.</param>
    /// <param name="write">
    /// Whether to open the file for reading and writing, and to create it and its folders if they don't exist.
    /// </param>
    /// <exception cref="IOException">
    /// The file cannot be opened, a folder is a link or a file, or the file is a link. <see cref="Exception.HResult"/>
    /// is the errno.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static SafeFileHandle Open(string root, ReadOnlySpan<string> components, bool write)
    {
        SafeFileHandle folder = Check(TryOpenAt(s_noFolder, root, s_flags.Folder), root);
        try
        {
            foreach (string name in components[..^1])
            {
                SafeFileHandle next = OpenFolder(folder, name, write);
                folder.Dispose();
                folder = next;
            }

            int access = write ? ReadWrite | s_flags.Create : 0;
            return Check(
                TryOpenAt(folder, components[^1], access | s_flags.LargeFile | s_flags.NoFollow), components[^1]);
        }
        finally
        {
            folder.Dispose();
        }
    }

    /// <summary>
    /// Reserves disk space for a file, without changing its length. Does nothing on systems other than 64-bit Linux,
    /// and on file systems that cannot reserve space.
    /// </summary>
    /// <returns>False if the disk is full or a quota is exceeded.</returns>
    public static bool TryReserve(SafeFileHandle file, long length)
    {
        const int keepSize = 1;
        const int noSpace = 28;
        const int quotaExceeded = 122;
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess || length == 0)
            return true;
        return Allocate(file, keepSize, 0, length) == 0
            || Marshal.GetLastPInvokeError() is not (noSpace or quotaExceeded);
    }

    private static SafeFileHandle OpenFolder(SafeFileHandle parent, string name, bool create)
    {
        for (int attempt = 1; ; attempt++)
        {
            SafeFileHandle folder = TryOpenAt(parent, name, s_flags.Folder | s_flags.NoFollow);
            bool isMissing = folder.IsInvalid && Marshal.GetLastPInvokeError() == NoEntry;
            if (!isMissing || !create || attempt == MaxAttempts)
                return Check(folder, name);
            if (MakeFolderAt(parent, name, FolderMode) != 0 && Marshal.GetLastPInvokeError() != Exists)
                throw ErrorOf(Marshal.GetLastPInvokeError(), name);
        }
    }

    private static SafeFileHandle TryOpenAt(SafeFileHandle folder, string name, int flags)
    {
        bool isAppleArm = OperatingSystem.IsMacOS() && RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        while (true)
        {
            SafeFileHandle file = isAppleArm
                ? OpenAtOnAppleArm(folder, name, flags | s_flags.CloseOnExec, 0, 0, 0, 0, 0, FileMode)
                : OpenAt(folder, name, flags | s_flags.CloseOnExec, FileMode);
            if (!file.IsInvalid || Marshal.GetLastPInvokeError() != Interrupted)
                return file;
        }
    }

    private static SafeFileHandle Check(SafeFileHandle file, string name) =>
        file.IsInvalid ? throw ErrorOf(Marshal.GetLastPInvokeError(), name) : file;

    private static Exception ErrorOf(int errno, string name)
    {
        string message = $"{Marshal.GetPInvokeErrorMessage(errno)}: '{name}'.";
        return errno is AccessError or PermissionError
            ? new UnauthorizedAccessException(message)
            : errno == NoEntry ? new FileNotFoundException(message) : new IOException(message, errno);
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle OpenAt(SafeFileHandle folder, string name, int flags, int mode);

    // The mode is a variadic argument. Apple's ARM64 ABI passes those on the stack; five more arguments fill the
    // registers.
    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle OpenAtOnAppleArm(
        SafeFileHandle folder, string name, int flags, nint x3, nint x4, nint x5, nint x6, nint x7, nint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MakeFolderAt(SafeFileHandle folder, string name, int mode);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    /// <summary>The flags of <c>openat</c>, which differ between systems and processors.</summary>
    private sealed record Flags(int Create, int NoFollow, int Folder, int CloseOnExec, int LargeFile = 0)
    {
        public static Flags OfSystem()
        {
            if (OperatingSystem.IsMacOS())
                return new Flags(0x200, 0x100, 0x10_0000, 0x100_0000);
            if (OperatingSystem.IsFreeBSD())
                return new Flags(0x200, 0x100, 0x2_0000, 0x10_0000);

            // Linux. O_PATH opens a folder that may be entered but not listed.
            const int pathOnly = 0x20_0000;
            return RuntimeInformation.ProcessArchitecture switch
            {
                Architecture.Arm or Architecture.Armv6 =>
                    new Flags(0x40, 0x8000, 0x4000 | pathOnly, 0x8_0000, LargeFile: 0x2_0000),
                Architecture.Arm64 or Architecture.Ppc64le => new Flags(0x40, 0x8000, 0x4000 | pathOnly, 0x8_0000),
                _ => new Flags(0x40, 0x2_0000, 0x1_0000 | pathOnly, 0x8_0000),
            };
        }
    }
}
