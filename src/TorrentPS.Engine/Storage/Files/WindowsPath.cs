using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace TorrentPS.Engine.Storage.Files;

/// <summary>
/// Opens files on Windows without following reparse points (symbolic links, junctions). Each folder on the way is kept
/// open without the right to share deletion, so no other process can rename or replace it until the file is open.
/// </summary>
[SupportedOSPlatform("windows")]
internal static partial class WindowsPath
{
    // Values of CreateFileW. Listing is requested for folders, because a handle for attributes alone shares everything.
    private const uint ListFolder = 0x1;
    private const uint GenericRead = 0x8000_0000;
    private const uint GenericWrite = 0x4000_0000;
    private const uint ShareReadWrite = 0x3;
    private const uint ShareDelete = 0x4;
    private const uint OpenExisting = 3;
    private const uint OpenAlways = 4;
    private const uint OpenFolderFlag = 0x0200_0000;
    private const uint OpenReparsePoint = 0x0020_0000;

    // Error codes of Windows.
    private const int FileNotFound = 2;
    private const int PathNotFound = 3;
    private const int AccessDenied = 5;
    private const int NameTooLong = 206;
    private const int CannotFollowLink = 681;

    /// <summary>Opens a file below a folder.</summary>
    /// <param name="root">The folder. Links in its own path are followed.</param>
    /// <param name="components">The folders below the root, and the file name.</param>
    /// <param name="write">
    /// Whether to open the file for reading and writing, and to create it and its folders if they don't exist.
    /// </param>
    /// <exception cref="IOException">The file cannot be opened, or a part of the path is a reparse point.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied, or a folder is in place of the file.</exception>
    public static SafeFileHandle Open(string root, ReadOnlySpan<string> components, bool write)
    {
        var folders = new List<SafeFileHandle>();
        try
        {
            string path = root;
            foreach (string name in components[..^1])
            {
                path = Path.Join(path, name);
                if (write)
                    Directory.CreateDirectory(path);
                folders.Add(OpenUnlessLink(path, ListFolder, ShareReadWrite, OpenExisting, OpenFolderFlag));
            }

            return OpenUnlessLink(
                Path.Join(path, components[^1]),
                write ? GenericRead | GenericWrite : GenericRead,
                ShareReadWrite | ShareDelete,
                write ? OpenAlways : OpenExisting,
                0);
        }
        finally
        {
            foreach (SafeFileHandle folder in folders)
                folder.Dispose();
        }
    }

    /// <summary>Reserves disk space for a file, without changing its length.</summary>
    /// <returns>False if the space cannot be reserved.</returns>
    public static bool TryReserve(SafeFileHandle file, long length)
    {
        const int allocationInformation = 5;
        return SetInformation(file, allocationInformation, in length, sizeof(long));
    }

    private static SafeFileHandle OpenUnlessLink(string path, uint access, uint share, uint mode, uint flags)
    {
        SafeFileHandle file = Create(Extended(path), access, share, 0, mode, flags | OpenReparsePoint, 0);
        if (file.IsInvalid)
            throw ErrorOf(Marshal.GetLastPInvokeError(), path);
        if (!File.GetAttributes(file).HasFlag(FileAttributes.ReparsePoint))
            return file;
        file.Dispose();
        throw ErrorOf(CannotFollowLink, path);
    }

    /// <summary>
    /// Adds the prefix <c>\\?\</c> to a path. Windows accepts paths of more than 260 characters only with this prefix.
    /// </summary>
    private static string Extended(string path) =>
        path.StartsWith(@"\\?\", StringComparison.Ordinal) ? path
        : path.StartsWith(@"\\", StringComparison.Ordinal) ? string.Concat(@"\\?\UNC\", path.AsSpan(2))
        : @"\\?\" + path;

    private static Exception ErrorOf(int error, string path)
    {
        const int win32Facility = unchecked((int)0x8007_0000);
        string message = $"{Marshal.GetPInvokeErrorMessage(error)}: '{path}'.";
        return error switch
        {
            AccessDenied => new UnauthorizedAccessException(message),
            FileNotFound or PathNotFound => new FileNotFoundException(message),
            NameTooLong => new PathTooLongException(message),
            _ => new IOException(message, win32Facility | error),
        };
    }

    [LibraryImport(
        "kernel32", EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial SafeFileHandle Create(
        string path, uint access, uint share, nint security, uint mode, uint flags, nint template);

    [LibraryImport("kernel32", EntryPoint = "SetFileInformationByHandle", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetInformation(SafeFileHandle file, int kind, in long value, int size);
}
