using TorrentPS.Engine;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cli;

/// <summary>Reads torrent files and magnet links. Failures are thrown as <see cref="CommandException"/>.</summary>
internal static class TorrentFileReader
{
    /// <summary>
    /// Parses an argument of the command line as a magnet link or a bare info hash of 40 or 64 hexadecimal digits.
    /// Returns null if it is neither, and thus is a file path or a URL.
    /// </summary>
    /// <exception cref="CommandException">The magnet link is invalid (exit code 3).</exception>
    public static MagnetLink? ReadLink(string argument)
    {
        if (MagnetLink.TryFromInfoHash(argument, out MagnetLink? hash))
            return hash;
        if (!argument.StartsWith("magnet:", StringComparison.OrdinalIgnoreCase))
            return null;
        try
        {
            return MagnetLink.Parse(argument);
        }
        catch (FormatException e)
        {
            throw new CommandException(ExitCode.NotATorrent, $"invalid magnet link: {e.Message}");
        }
    }

    /// <summary>
    /// Reads a torrent file from a path, or downloads it from an http or https URL. The download uses the bind address
    /// of <paramref name="session"/>.
    /// </summary>
    /// <exception cref="CommandException">
    /// The file cannot be read or downloaded (exit code 1) or is not a valid torrent (exit code 3).
    /// </exception>
    public static async Task<TorrentMetainfo> ReadAsync(
        string argument, SessionSettings session, CancellationToken interrupted)
    {
        if (!HttpDownload.TryParse(argument, out Uri? url))
            return Read(argument);

        // The URL can contain a passkey, which must not appear in messages.
        string shown = DisplayUrl.OfTracker(url);
        try
        {
            return await HttpDownload.GetTorrentAsync(url, session, interrupted);
        }
        catch (MetainfoException e)
        {
            throw new CommandException(ExitCode.NotATorrent, $"{shown}: not a valid torrent: {e.Message}");
        }
        catch (HttpDownloadException e)
        {
            throw new CommandException(ExitCode.Failed, $"{shown}: {e.Message}");
        }
    }

    /// <summary>Reads a torrent file.</summary>
    /// <exception cref="CommandException">
    /// The file cannot be read (exit code 1) or is not a valid torrent (exit code 3).
    /// </exception>
    private static TorrentMetainfo Read(string path)
    {
        MetainfoLimits limits = MetainfoLimits.Default;
        try
        {
            var file = new FileInfo(path);
            if (Directory.Exists(path))
                throw new CommandException(ExitCode.Failed, $"{path}: is a folder, not a torrent file");
            if (file.Length > limits.MaxSize)
            {
                throw new CommandException(
                    ExitCode.NotATorrent,
                    $"{path}: not a valid torrent: {file.Length} bytes, over the limit of {limits.MaxSize} bytes");
            }

            return TorrentMetainfo.Parse(File.ReadAllBytes(path), limits);
        }
        catch (MetainfoException e)
        {
            throw new CommandException(ExitCode.NotATorrent, $"{path}: not a valid torrent: {e.Message}");
        }
        catch (FileNotFoundException)
        {
            throw new CommandException(ExitCode.Failed, $"{path}: file not found");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Failed, $"{path}: {e.Message}");
        }
    }
}
