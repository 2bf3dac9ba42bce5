using TorrentPS.Engine.Session;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <summary>
/// A BitTorrent session: a listening port, and any number of torrents that share its limits and peer sources. A session
/// opens no socket and starts no thread before its first use. All members are thread-safe.
/// </summary>
public sealed partial class TorrentSession : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly bool _ownsEvents;
    private readonly List<Torrent> _torrents = [];
    private readonly List<TorrentRunner> _metadataDownloads = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _changing = new(1);
    private SessionResources? _resources;
    private SessionMetrics? _metrics;
    private PeerListener? _listener;
    private Task? _closed;

    /// <summary>
    /// Creates a session. The session opens its listening port when the first torrent is added or the first metadata is
    /// downloaded.
    /// </summary>
    /// <param name="settings">The settings; null means the defaults. They are checked at the first use.</param>
    /// <param name="time">The clock; null means the system clock.</param>
    /// <param name="events">The event log, which several sessions can share; null creates one for this session.</param>
    public TorrentSession(SessionSettings? settings = null, TimeProvider? time = null, SessionEventLog? events = null)
    {
        Settings = settings ?? new SessionSettings();
        _time = time ?? TimeProvider.System;
        _ownsEvents = events is null;
        Events = events ?? new SessionEventLog(_time);
    }

    /// <summary>The current settings.</summary>
    public SessionSettings Settings { get; private set; }

    /// <summary>The latest events of the session and its torrents.</summary>
    public SessionEventLog Events { get; }

    /// <summary>The TCP port on which the session listens for peers; null until it is opened.</summary>
    public int? ListenPort => _listener?.Port;

    /// <summary>
    /// A copy of the list of torrents, in the order in which they were added. Ended torrents stay in the list until
    /// they are removed or replaced.
    /// </summary>
    public IReadOnlyList<Torrent> Torrents
    {
        get
        {
            lock (_gate)
                return [.. _torrents];
        }
    }

    /// <summary>
    /// Number of blocks rented from the block pool and not returned. It must be 0 after the session has closed.
    /// </summary>
    internal int BlocksOutstanding => _resources?.Blocks.Outstanding ?? 0;

    /// <summary>
    /// Adds a torrent and starts it: existing data is checked first. An ended torrent with the same info hash is
    /// replaced.
    /// </summary>
    /// <param name="metainfo">The torrent: v1 or hybrid.</param>
    /// <param name="settings">The torrent's settings.</param>
    /// <param name="queue">
    /// The queue that decides when the torrent starts; <see langword="null"/> starts it at once.
    /// </param>
    /// <returns>The torrent, which runs until it reaches its goal, is stopped, or fails.</returns>
    /// <exception cref="SessionException">
    /// The torrent is in the session already, no port can be bound, the torrent is v2-only (BEP 52), or a setting is
    /// not valid. No torrent was added.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public Torrent Add(TorrentMetainfo metainfo, TorrentSettings settings, TorrentQueue? queue = null)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentNullException.ThrowIfNull(settings);
        CheckTransferable(metainfo);
        TorrentSettings resolved = settings.Resolve();
        return Start(metainfo.WireHash, metainfo.Name, queue, () =>
        {
            JoinDht(metainfo);
            return new Torrent(NewRunner(metainfo, null, null, resolved));
        });
    }

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
    /// <param name="queue">
    /// The queue that decides when the torrent starts; <see langword="null"/> starts it at once.
    /// </param>
    /// <returns>The torrent, which runs until it reaches its goal, is stopped, or fails.</returns>
    /// <exception cref="SessionException">
    /// The torrent is in the session already, no port can be bound, or a setting is not valid. No torrent was added.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public Torrent Add(
        MagnetLink link,
        TorrentSettings settings,
        Func<TorrentMetainfo, TorrentSettings, TorrentSettings>? completeSettings = null,
        TorrentQueue? queue = null)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(settings);
        TorrentSettings resolved = settings.Resolve();
        FileSelection.Check(resolved);
        Torrent? torrent = null;
        return Start(link.WireHash, link.Title, queue, () =>
        {
            TorrentMetainfo? stored = StoredMetadata(link);
            JoinDht(stored);
            TorrentRunner runner = stored is null
                ? NewRunner(null, link, Accept, resolved)
                : NewRunner(stored, link, null, Complete(stored, resolved));
            return torrent = new Torrent(runner);
        });

        (TorrentMetainfo, TorrentSettings)? Accept(ReadOnlyMemory<byte> info, TorrentSettings current)
        {
            TorrentMetainfo metainfo = ParseDownloaded(info, link, torrent!);
            return (metainfo, Complete(metainfo, current));
        }

        TorrentSettings Complete(TorrentMetainfo metainfo, TorrentSettings current)
        {
            current = FileSelection.ApplyLinkSelection(link, metainfo, current);
            return completeSettings?.Invoke(metainfo, current) ?? current;
        }
    }

    /// <summary>
    /// Returns the torrent with the given info hash, running or ended; null if the session has none.
    /// </summary>
    /// <param name="infoHash">
    /// The v1 info hash, or the truncated v2 info hash for a v2 magnet link whose metadata is not known.
    /// </param>
    public Torrent? Find(InfoHash infoHash)
    {
        lock (_gate)
            return FindUnlocked(infoHash);
    }

    /// <summary>
    /// Stops a torrent, waits until it has ended, and removes it from <see cref="Torrents"/>. The files on disk are
    /// kept.
    /// </summary>
    /// <param name="torrent">The torrent. If it belongs to another session, it is stopped but not removed.</param>
    public async Task RemoveAsync(Torrent torrent)
    {
        ArgumentNullException.ThrowIfNull(torrent);
        await torrent.StopAsync();
        lock (_gate)
            _torrents.Remove(torrent);
    }

    /// <summary>
    /// Stops all torrents, ends all threads, and closes all sockets and files. Waits at most
    /// <see cref="SessionSettings.CloseGrace"/> for the responses of the trackers.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
            return new ValueTask(_closed ??= Task.Run(CloseAsync));
    }

    /// <summary>Checks that a torrent is v1 or hybrid: v2-only torrents can't be transferred yet.</summary>
    /// <exception cref="SessionException">
    /// The torrent is v2-only (<see cref="SessionErrorId.UnsupportedTorrent"/>).
    /// </exception>
    private static void CheckTransferable(TorrentMetainfo metainfo)
    {
        if (metainfo.Version == MetainfoVersion.V2)
        {
            throw new SessionException(
                SessionErrorId.UnsupportedTorrent,
                $"Cannot transfer '{metainfo.Name}': v2-only torrents can be read and verified, but not downloaded or "
                + "seeded yet. Use a hybrid or v1 torrent of the same content.");
        }
    }

    /// <summary>
    /// Opens the session's DHT nodes, unless the DHT is off or the torrent is known to be private (BEP 27). Then
    /// requests port mappings.
    /// </summary>
    private void JoinDht(TorrentMetainfo? metainfo)
    {
        if (Settings.EnableDht && metainfo is not { IsPrivate: true })
            _resources!.PeerSources.OpenDht(_listener!.Port);
        MapPorts();
    }

    private TorrentRunner NewRunner(
        TorrentMetainfo? metainfo, MagnetLink? link, AcceptMetadata? accept, TorrentSettings settings) =>
        new(metainfo, link, accept, settings, _resources!, _listener!.Port);

    /// <summary>
    /// Returns the stored metadata of a link. Returns null if none is stored. Also returns null for v2-only metadata,
    /// and for metadata with a v1 info hash that the link lacks, because these two cases are handled only after a
    /// download.
    /// </summary>
    private TorrentMetainfo? StoredMetadata(MagnetLink link) =>
        _resources!.Metadata.Find(link) is { Version: not MetainfoVersion.V2 } stored
        && stored.WireHash == link.WireHash
            ? stored
            : null;

    /// <summary>
    /// Parses the downloaded metadata of a magnet link, stores it in the state folder for the next start, and checks
    /// that the session can transfer the torrent.
    /// </summary>
    /// <exception cref="MetainfoException">The metadata has the right hash but is not a valid torrent.</exception>
    /// <exception cref="SessionException">
    /// The torrent is v2-only, or another torrent in the session has its info hash.
    /// </exception>
    private TorrentMetainfo ParseDownloaded(ReadOnlyMemory<byte> info, MagnetLink link, Torrent torrent)
    {
        TorrentMetainfo metainfo = TorrentMetainfo.ParseInfo(info, link);
        _resources!.Metadata.Store(link.WireHash, metainfo);
        CheckTransferable(metainfo);
        if (IsDuplicate(metainfo.WireHash, torrent))
        {
            throw new SessionException(
                SessionErrorId.DuplicateTorrent,
                $"'{metainfo.Name}' ({metainfo.WireHash}) is in the session already.");
        }

        return metainfo;
    }

    private Torrent Start(InfoHash infoHash, string name, TorrentQueue? queue, Func<Torrent> make)
    {
        Torrent torrent;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed is not null, this);
            Torrent? existing = FindUnlocked(infoHash);
            if (existing is { Completion.IsCompleted: false })
            {
                throw new SessionException(
                    SessionErrorId.DuplicateTorrent, $"'{name}' ({infoHash}) is in the session already.");
            }

            Open();
            torrent = make();
            if (existing is not null)
                _torrents.Remove(existing);
            _torrents.Add(torrent);
        }

        torrent.Runner.ReportAdded();
        torrent.Runner.Start(queue);
        return torrent;
    }

    /// <summary>Whether a torrent other than <paramref name="except"/> has the info hash and has not ended.</summary>
    private bool IsDuplicate(InfoHash infoHash, Torrent except)
    {
        lock (_gate)
        {
            return _torrents.Exists(
                other => other != except && other.WireHash == infoHash && !other.Completion.IsCompleted);
        }
    }

    private Torrent? FindUnlocked(InfoHash infoHash) => _torrents.Find(torrent => torrent.WireHash == infoHash);

    /// <summary>
    /// Returns the runner that receives incoming connections with the info hash. The runner belongs to a torrent or to
    /// a download by <see cref="GetMetadataAsync"/>. Returns null if there is none.
    /// </summary>
    private TorrentRunner? FindRunner(InfoHash infoHash)
    {
        lock (_gate)
        {
            return FindUnlocked(infoHash)?.Runner
                ?? _metadataDownloads.Find(download => download.WireHash == infoHash);
        }
    }

    /// <summary>
    /// Opens the listening port and creates the resources that all torrents share. Does nothing if the port is open.
    /// </summary>
    private void Open()
    {
        if (_listener is not null)
            return;
        Settings.Check();
        SessionResources resources = OpenResources();
        (int first, int last) = Settings.Ports;
        _listener = PeerListener.TryBind(resources.Binding, Enumerable.Range(first, last - first + 1))
            ?? throw new SessionException(
                SessionErrorId.PortUnavailable,
                $"Cannot listen for peers: {(first == last ? $"port {first} is" : $"ports {first} to {last} are")} "
                + $"in use or not allowed on {BoundTo}. "
                + "Choose another port or address.");
        _metrics = new SessionMetrics(() => Torrents.Select(torrent => torrent.Status), resources);
        StartListener(_listener, resources);
        MapPorts();
    }

    private async Task CloseAsync()
    {
        _listener?.Dispose();
        await _closing.CancelAsync();

        // A change of settings that is in progress still disposes peer sources of this session.
        await _changing.WaitAsync();
        await Task.WhenAll(Torrents.Select(torrent => torrent.StopAsync()));
        TorrentRunner[] downloads;
        lock (_gate)
            downloads = [.. _metadataDownloads];
        foreach (TorrentRunner download in downloads)
            download.Stop();
        await Task.WhenAll(downloads.Select(download => download.Completion));
        _metrics?.Dispose();
        _networkTimer?.Dispose();
        _filterTimer?.Dispose();
        if (_resources is not null)
            await _resources.DisposeAsync();
        _changing.Release();
        _closing.Dispose();
        if (_ownsEvents)
            Events.Complete();
    }
}
