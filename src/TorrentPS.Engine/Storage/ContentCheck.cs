using TorrentPS.Engine.Storage.Files;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Engine.Storage.Scanning;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine.Storage;

/// <summary>Compares what is on disk with a torrent, piece by piece and file by file. It never writes.</summary>
public static class ContentCheck
{
    /// <summary>Reads and hashes everything that may be there, on all cores.</summary>
    /// <param name="metainfo">The torrent; v1, hybrid or v2.</param>
    /// <param name="folder">The folder that holds the torrent's top-level file or folder.</param>
    /// <param name="progress">Told now and then, from any thread; may be null.</param>
    /// <param name="cancellation">Ends it soon.</param>
    /// <exception cref="StorageException">A path in the torrent can't be used there.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="NotSupportedException">
    /// The torrent is v2-only and came from peers, without what its content could be told by.
    /// </exception>
    public static async Task<ContentCheckResult> RunAsync(
        TorrentMetainfo metainfo, string folder, IProgress<ContentProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (metainfo is { Version: MetainfoVersion.V2, LacksPieceLayers: true })
        {
            throw new NotSupportedException(
                $"'{metainfo.Name}' came from a magnet link: a v2 torrent's content can't be told right from wrong without its .torrent file.");
        }

        using var files = new DestinationFiles(ContentLayout.Of(metainfo), folder);
        using PieceVerifier verifier = PieceVerifier.Of(metainfo);
        return await ContentChecker.CheckAsync(files, verifier, progress, cancellation: cancellation);
    }
}
