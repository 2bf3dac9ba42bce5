using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cli;

/// <summary>Reads a .torrent file or a magnet link, or says in one line why not.</summary>
internal static class TorrentFileReader
{
    /// <summary>The link in the place of a file; null when it is a file.</summary>
    /// <exception cref="CommandException">The link can't be read (3).</exception>
    public static MagnetLink? ReadLink(string file)
    {
        if (!file.StartsWith("magnet:", StringComparison.OrdinalIgnoreCase))
            return null;
        try
        {
            return MagnetLink.Parse(file);
        }
        catch (FormatException e)
        {
            throw new CommandException(ExitCode.NotATorrent, $"not a magnet link to a torrent: {e.Message}");
        }
    }

    /// <exception cref="CommandException">The file can't be read (1) or is not a valid torrent (3).</exception>
    public static TorrentMetainfo Read(string path)
    {
        MetainfoLimits limits = MetainfoLimits.Default;
        try
        {
            var file = new FileInfo(path);
            if (Directory.Exists(path))
                throw new CommandException(ExitCode.Failed, $"{path}: this is a folder, not a torrent file");
            if (file.Length > limits.MaxSize)
                throw new CommandException(ExitCode.NotATorrent, $"{path}: not a valid torrent: {file.Length} bytes, more than the {limits.MaxSize} that a torrent file may have");
            return TorrentMetainfo.Parse(File.ReadAllBytes(path), limits);
        }
        catch (MetainfoException e)
        {
            throw new CommandException(ExitCode.NotATorrent, $"{path}: not a valid torrent: {e.Message}");
        }
        catch (FileNotFoundException)
        {
            throw new CommandException(ExitCode.Failed, $"{path}: no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Failed, $"{path}: {e.Message}");
        }
    }
}
