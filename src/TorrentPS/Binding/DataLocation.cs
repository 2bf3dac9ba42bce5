using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Binding;

/// <summary>
/// Finds the folder that contains a torrent's content. The user may give that folder, such as <c>~/Downloads</c>, or
/// the content itself, such as <c>~/Downloads/ubuntu.iso</c>.
/// </summary>
internal static class DataLocation
{
    /// <summary>Returns the folder that contains the torrent's top-level file or folder.</summary>
    /// <exception cref="FileNotFoundException">
    /// The content is not at the path. The message has the reason and a remedy.
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
                $"'{path}' contains no {kind} named '{metainfo.Name}'. "
                + $"Give the folder that contains the {kind}, or the {kind} itself.",
                path);
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                $"'{path}' does not exist. Give the folder that contains '{metainfo.Name}', or the {kind} itself.",
                path);
        }

        if (metainfo.IsMultiFile)
        {
            throw new FileNotFoundException(
                $"'{path}' is a file, but the content of the torrent is a folder. Give the folder '{metainfo.Name}'.",
                path);
        }

        if (!IsNamed(path, metainfo.Name))
        {
            throw new FileNotFoundException(
                $"'{path}' does not have the name of the file in the torrent. "
                + $"Rename it to '{metainfo.Name}', or create a link with that name.",
                path);
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
