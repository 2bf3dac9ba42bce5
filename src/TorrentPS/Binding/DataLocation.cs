using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Binding;

/// <summary>
/// Finds the folder that holds a torrent's content. The user can give this folder or the content itself: both
/// <c>~/Downloads</c> and <c>~/Downloads/ubuntu.iso</c> find the same content.
/// </summary>
internal static class DataLocation
{
    /// <summary>Returns the folder that holds the top-level file or folder.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="path">The full path that the user gave.</param>
    /// <exception cref="FileNotFoundException">
    /// No file of the torrent exists there; the message has the paths that were tried.
    /// </exception>
    public static string Find(TorrentMetainfo metainfo, string path)
    {
        path = Path.TrimEndingDirectorySeparator(path);
        string kind = metainfo.IsMultiFile ? "folder" : "file";
        if (Directory.Exists(path))
        {
            if (Exists(metainfo, Path.Join(path, metainfo.Name)))
                return path;
            if (metainfo.IsMultiFile && IsNamed(path, metainfo.Name))
                return Parent(path);
            throw new FileNotFoundException(
                $"'{path}' holds no {kind} named '{metainfo.Name}'. "
                + $"Name the folder that holds the content, or the {kind} itself.", path);
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                $"'{path}' does not exist. Name the folder that holds '{metainfo.Name}', or the {kind} itself.", path);
        }

        if (metainfo.IsMultiFile)
            throw new FileNotFoundException(
                $"'{path}' is a file, but the content is a folder named '{metainfo.Name}'.", path);
        if (!IsNamed(path, metainfo.Name))
        {
            throw new FileNotFoundException(
                $"'{path}' is not named as the torrent names its file: "
                + $"rename it to '{metainfo.Name}', or link it under that name.", path);
        }

        return Parent(path);
    }

    private static bool Exists(TorrentMetainfo metainfo, string path) =>
        metainfo.IsMultiFile ? Directory.Exists(path) : File.Exists(path);

    private static bool IsNamed(string path, string name) =>
        Path.GetFileName(path).Equals(
            name, OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);

    private static string Parent(string path) => Path.GetDirectoryName(path) ?? path;
}
