using System.Net;
using TorrentPS.Engine.Session;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine;

/// <content>Downloads only the metadata of magnet links.</content>
public sealed partial class TorrentSession
{
    /// <summary>
    /// Returns the metadata of a magnet link: downloaded from peers (BEP 9), or stored in the state folder. No content
    /// is downloaded.
    /// </summary>
    /// <param name="link">The link. Its trackers and peers are used.</param>
    /// <param name="peers">Addresses of further peers to connect to.</param>
    /// <param name="progress">
    /// Receives the progress about four times a second, on any thread. Null if the caller needs no progress. Nothing is
    /// reported if the torrent of the link is already running in the session.
    /// </param>
    /// <param name="cancellation">Cancels the download, which otherwise has no time limit.</param>
    /// <returns>The metadata.</returns>
    /// <exception cref="MetainfoException">
    /// The metadata has the link's info hash but is not a valid torrent.
    /// </exception>
    /// <exception cref="SessionException">
    /// No port can be bound, a setting of the session is not valid, or the session or the link's torrent was stopped
    /// before the metadata was received.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public async Task<TorrentMetainfo> GetMetadataAsync(
        MagnetLink link,
        IReadOnlyList<IPEndPoint> peers,
        IProgress<MetadataProgress>? progress,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(peers);
        TorrentRunner? download = null;
        ReadOnlyMemory<byte>? info = null;
        Torrent? running;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed is not null, this);
            Open();
            running = FindUnlocked(link.WireHash) is { Completion.IsCompleted: false } found ? found : null;
            if (running is null)
            {
                if (_resources!.Metadata.Find(link) is { } stored)
                    return stored;
                JoinDht(null);
                var settings = new TorrentSettings { Destination = _resources.StateFolder, Peers = peers };
                download = NewRunner(null, link, Receive, settings);
                download.Published = _ => progress?.Report(download.MetadataProgress);
                _metadataDownloads.Add(download);
            }
        }

        if (running is not null)
        {
            running.AddPeers(peers);
            return await running.MetadataReceived.WaitAsync(cancellation) ?? throw DownloadEnded(link);
        }

        download!.Start();
        using (cancellation.Register(download.Stop))
            await download.Completion;
        lock (_gate)
            _metadataDownloads.Remove(download);
        cancellation.ThrowIfCancellationRequested();
        TorrentMetainfo metainfo = TorrentMetainfo.ParseInfo(info ?? throw DownloadEnded(link), link);
        _resources!.Metadata.Store(link.WireHash, metainfo);
        return metainfo;

        (TorrentMetainfo, TorrentSettings)? Receive(ReadOnlyMemory<byte> received, TorrentSettings settings)
        {
            info = received;
            return null;
        }
    }

    private static SessionException DownloadEnded(MagnetLink link) => new(
        SessionErrorId.TorrentEnded,
        $"Cannot get the metadata of '{link.Title}': the download was stopped. Call again to restart it.");
}
