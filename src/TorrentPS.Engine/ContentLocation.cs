using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine;

/// <summary>Where the existing content of a torrent is.</summary>
/// <param name="Folder">Folder that contains the torrent's top-level file or folder.</param>
/// <param name="Name">
/// Name of the torrent's top-level file or folder on disk, if it differs from the torrent's name; otherwise null.
/// </param>
public sealed record ContentLocation(string Folder, string? Name)
{
    /// <summary>
    /// Finds the content of a torrent. The path may be the folder that contains the content, such as
    /// <c>~/Downloads</c>. It may also be the content itself, such as <c>~/Downloads/ubuntu.iso</c>, even if its name
    /// differs from the torrent's name.
    /// </summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="path">Path of a file or folder.</param>
    /// <exception cref="FileNotFoundException">
    /// The content is not at the path. The message states the reason and a remedy.
    /// </exception>
    public static ContentLocation Find(TorrentMetainfo metainfo, string path)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string kind = metainfo.IsMultiFile ? "folder" : "file";
        if (Directory.Exists(path))
        {
            if (Exists(metainfo, Path.Join(path, metainfo.Name)))
                return new ContentLocation(path, null);
            if (metainfo.IsMultiFile && (IsNamed(path, metainfo.Name) || HasAnyFile(metainfo, path)))
                return Itself(metainfo, path);
            throw new FileNotFoundException(
                $"'{path}' contains no {kind} named '{metainfo.Name}'"
                + (metainfo.IsMultiFile ? " and no file of the torrent. " : ". ")
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

        return Itself(metainfo, path);
    }

    /// <summary>
    /// Returns the settings with the location of the torrent's existing content. The content is searched at
    /// <see cref="TorrentSettings.Destination"/>, which may also be the path of the content itself.
    /// </summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="settings">The settings of a seed.</param>
    /// <exception cref="FileNotFoundException">
    /// The content is not at the path. The message states the reason and a remedy.
    /// </exception>
    public static TorrentSettings Locate(TorrentMetainfo metainfo, TorrentSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ContentLocation found = Find(metainfo, settings.Destination);
        return settings with { Destination = found.Folder, ContentName = found.Name };
    }

    /// <summary>Returns whether the name is a plain file name, which cannot lead out of the folder.</summary>
    internal static bool IsValidName(string name) =>
        name.Length > 0 && name is not ("." or "..") && Path.GetFileName(name) == name;

    private static ContentLocation Itself(TorrentMetainfo metainfo, string path) => new(
        Path.GetDirectoryName(path) ?? path, IsNamed(path, metainfo.Name) ? null : Path.GetFileName(path));

    private static bool Exists(TorrentMetainfo metainfo, string path) =>
        metainfo.IsMultiFile ? Directory.Exists(path) : File.Exists(path);

    /// <summary>
    /// Returns whether a folder can be the torrent's top-level folder under another name: the folder has a name and
    /// contains at least one of the torrent's files. The root of a drive has no name.
    /// </summary>
    private static bool HasAnyFile(TorrentMetainfo metainfo, string folder) =>
        Path.GetFileName(folder).Length > 0
        && metainfo.Files.Any(file =>
            !file.IsPadding && File.Exists(Path.Join(folder, file.Path[(file.Path.IndexOf('/') + 1)..])));

    private static bool IsNamed(string path, string name) =>
        Path.GetFileName(path).Equals(
            name, OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);
}
