using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Cmdlets;

/// <summary>What the cmdlets share that read torrents: files by wildcard, by literal path or from the pipeline.</summary>
public abstract class TorrentFileCmdlet : TorrentCmdlet
{
    private protected const string PathSet = "Path";
    private protected const string LiteralPathSet = "LiteralPath";
    private protected const string MagnetPrefix = "magnet:?";

    /// <summary>Whether a path is really a magnet link, as people paste them.</summary>
    private protected static bool IsMagnet(string text) => text.StartsWith(MagnetPrefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>The torrents that paths and links lead to; what can't be read is written as an error and passed over.</summary>
    private protected IEnumerable<TorrentInfo> Read(string[] paths, bool literal)
    {
        foreach (string path in paths)
        {
            if (IsMagnet(path))
            {
                if (ReadMagnet(path) is { } link)
                    yield return link;
                continue;
            }

            foreach (string file in ResolvePaths([path], literal))
            {
                if (ReadFile(file) is { } torrent)
                    yield return torrent;
            }
        }
    }

    /// <summary>The torrent that a magnet link names, or null after an error.</summary>
    private protected TorrentInfo? ReadMagnet(string link)
    {
        try
        {
            return TorrentInfo.Of(MagnetLink.Parse(link));
        }
        catch (FormatException e)
        {
            WriteError(ErrorRecords.InvalidMagnet(link, e));
            return null;
        }
    }

    /// <summary>The torrent in bytes, or null after an error.</summary>
    private protected TorrentInfo? ReadBytes(byte[] data, string name, string? path)
    {
        try
        {
            return TorrentInfo.Of(TorrentMetainfo.Parse(data), path);
        }
        catch (MetainfoException e)
        {
            WriteError(ErrorRecords.InvalidTorrent(name, e));
            return null;
        }
    }

    private TorrentInfo? ReadFile(string path)
    {
        try
        {
            // A film named by mistake must not be read into memory to find out that it is no torrent.
            long size = new FileInfo(path).Length;
            int limit = MetainfoLimits.Default.MaxSize;
            if (size > limit)
            {
                WriteError(ErrorRecords.TooLarge(path, size, limit));
                return null;
            }

            return ReadBytes(File.ReadAllBytes(path), path, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(ErrorRecords.Unreadable(path, e));
            return null;
        }
    }
}
