using System.Net;
using TorrentPS.Engine.Session;
using TorrentPS.Protocol.Metainfo;

namespace TorrentPS.Engine;

/// <content>Adds the torrents of magnet links, and downloads only the metadata of magnet links.</content>
public sealed partial class TorrentSession
{
    /// <summary>
    /// Adds the torrent of a magnet link and starts it. The metadata is downloaded from peers (BEP 9), unless it is
    /// stored in the state folder. After that, existing data is checked and the content is downloaded. An ended torrent
    /// with the same info hash is replaced.
    /// </summary>
    /// <param name="link">The link. Its file selection (BEP 53) applies if the settings select no files.</param>
    /// <param name="settings">The settings that don't depend on the metadata.</param>
    /// <param name="completeSettings">
    /// Returns the settings to use once the metadata is known, for example with priorities of single files. If null,
    /// <paramref name="settings"/> are used. If the metadata is stored, the delegate is called by this method, and its
    /// exceptions are passed on to the caller. Otherwise it is called on a thread-pool thread after the download, and
    /// the torrent fails if it throws.
    /// </param>
    /// <returns>The torrent, which runs until it reaches its goal, is stopped, or fails.</returns>
    /// <exception cref="SessionException">
    /// The torrent is in the session already, no port can be bound, or a setting is not valid. No torrent was added.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public Torrent Add(
        MagnetLink link,
        TorrentSettings settings,
        Func<TorrentMetainfo, TorrentSettings, TorrentSettings>? completeSettings = null)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(settings);
        TorrentSettings resolved = settings.Resolve();
        FileSelection.Check(resolved);
        return Start(link.WireHash, link.Title, () =>
        {
            TorrentMetainfo? stored = StoredMetadata(link);
            JoinDht(stored);
            return new Torrent(link, stored, resolved, completeSettings, _resources!, _listener!.Port, IsDuplicate);
        });
    }

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
                download = new TorrentRunner(
                    null,
                    link,
                    Receive,
                    settings,
                    _resources!,
                    _listener!.Port,
                    _ => progress?.Report(download!.MetadataProgress));
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

    /// <summary>
    /// Returns the stored metadata of a link. Returns null if none is stored. Also returns null for v2-only metadata,
    /// and for metadata with a v1 info hash that the link lacks, because <see cref="Torrent"/> handles these two cases
    /// only after a download.
    /// </summary>
    private TorrentMetainfo? StoredMetadata(MagnetLink link) =>
        _resources!.Metadata.Find(link) is { Version: not MetainfoVersion.V2 } stored
        && stored.WireHash == link.WireHash
            ? stored
            : null;

    private static SessionException DownloadEnded(MagnetLink link) => new(
        SessionErrorId.TorrentEnded,
        $"Cannot get the metadata of '{link.Title}': the download was stopped. Call again to restart it.");
}
