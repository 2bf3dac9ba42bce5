using System.Net;
using System.Net.Sockets;
using TorrentPS.Binding;
using TorrentPS.Engine;
using TorrentPS.Hosting;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Cmdlets;

/// <summary>Base class of the cmdlets that read torrent files or magnet links.</summary>
public abstract class TorrentFileCmdlet : TorrentCmdlet
{
    private protected const string PathSet = "Path";
    private protected const string LiteralPathSet = "LiteralPath";
    private protected const string MagnetSet = "Magnet";
    private protected const string InputObjectSet = "InputObject";
    private protected const string MagnetPrefix = "magnet:?";

    /// <summary>Returns whether a value of -Path is a magnet link, not a path.</summary>
    private protected static bool IsMagnet(string text) =>
        text.StartsWith(MagnetPrefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Reads the torrent files with these paths. If <paramref name="literal"/> is false, the values can also be magnet
    /// links, info hashes, and URLs of torrent files. Writes an error for each value that cannot be read, and continues
    /// with the next value.
    /// </summary>
    private protected IEnumerable<TorrentInfo> Read(string[] paths, bool literal)
    {
        foreach (string path in paths)
        {
            if (!literal && IsMagnet(path))
            {
                if (ReadMagnet(path) is { } link)
                    yield return link;
                continue;
            }

            if (!literal && MagnetLink.TryFromInfoHash(path, out MagnetLink? hash))
            {
                yield return TorrentInfo.Of(hash);
                continue;
            }

            if (!literal && HttpDownload.TryParse(path, out _))
            {
                if (ReadUrl(path) is { } downloaded)
                    yield return downloaded;
                continue;
            }

            foreach (string file in ResolvePaths([path], literal))
            {
                if (ReadFile(file) is { } torrent)
                    yield return torrent;
            }
        }
    }

    /// <summary>Parses a magnet link. If it is not valid, writes an error and returns null.</summary>
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

    /// <summary>Session settings for the download of torrent files.</summary>
    private protected virtual SessionSettings DownloadSession => SessionHost.Current.Settings.Current;

    /// <summary>
    /// Downloads and parses the torrent file of an http or https URL. If that fails, writes an error and returns null.
    /// </summary>
    private protected TorrentInfo? ReadUrl(string text)
    {
        if (!HttpDownload.TryParse(text, out Uri? url))
        {
            WriteError(ErrorRecords.InvalidUrl(text));
            return null;
        }

        // The URL can contain a passkey, which must not appear in messages.
        string shown = DisplayUrl.OfTracker(url);
        WriteVerbose($"Downloading the torrent file {shown}.");
        try
        {
            var torrent = TorrentInfo.Of(Await(HttpDownload.GetTorrentAsync(url, DownloadSession, Cancel)), null);
            torrent.DownloadedFrom = shown;
            return torrent;
        }
        catch (HttpDownloadException e)
        {
            WriteError(ErrorRecords.DownloadFailed(shown, e));
        }
        catch (MetainfoException e)
        {
            WriteError(ErrorRecords.InvalidTorrent(shown, e));
        }

        return null;
    }

    /// <summary>Parses an info hash. If it is not valid, writes an error and returns null.</summary>
    private protected TorrentInfo? ReadInfoHash(string text)
    {
        if (MagnetLink.TryFromInfoHash(text, out MagnetLink? link))
            return TorrentInfo.Of(link);
        WriteError(ErrorRecords.InvalidInfoHash(text));
        return null;
    }

    /// <summary>
    /// Returns the metadata of a magnet link, from the state folder or from peers. If that fails, writes an error and
    /// returns null.
    /// </summary>
    /// <param name="link">The magnet link.</param>
    /// <param name="peers">Additional peers to request the metadata from.</param>
    /// <param name="timeout">Maximum time to get the metadata.</param>
    private protected TorrentMetainfo? Fetch(MagnetLink link, IReadOnlyList<IPEndPoint> peers, TimeSpan timeout)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(timeout);
        try
        {
            using SessionLease lease = Await(SessionHost.Current.LeaseAsync(_ => true, Cancel));
            return RunWithProgress<TorrentMetainfo, MetadataProgress>(
                (progress, _) => lease.Session.GetMetadataAsync(link, peers, progress, limit.Token),
                report => TorrentProgress.Of(link, report));
        }
        catch (OperationCanceledException) when (!Stopping && limit.IsCancellationRequested)
        {
            WriteError(ErrorRecords.MetadataTimeout(link, timeout));
        }
        catch (MetainfoException e)
        {
            WriteError(ErrorRecords.InvalidTorrent(link.Title, e));
        }
        catch (SessionException e)
        {
            WriteError(ErrorRecords.Session(e, link.ToString()));
        }

        return null;
    }

    /// <summary>
    /// Returns the endpoints of peers given as host:port. Ends the pipeline with an error if a peer is not valid or its
    /// host name cannot be resolved.
    /// </summary>
    private protected List<IPEndPoint> ResolvePeers(string[] peers) => [.. peers.SelectMany(ResolvePeer)];

    private IReadOnlyList<IPEndPoint> ResolvePeer(string text)
    {
        try
        {
            return Await(PeerAddress.Parse(text).ResolveAsync(Cancel));
        }
        catch (Exception e) when (e is FormatException or SocketException)
        {
            ThrowTerminatingError(ErrorRecords.InvalidArgument(
                "InvalidPeer", text, e, "Give each peer as host:port, with a host name that can be resolved."));
            return [];
        }
    }

    /// <summary>Parses the bytes of a torrent file. If they are not valid, writes an error and returns null.</summary>
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
        if (Directory.Exists(path))
        {
            WriteError(ErrorRecords.IsFolder(path));
            return null;
        }

        try
        {
            // The size is checked first, so that a large file given by mistake is not read into memory.
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
