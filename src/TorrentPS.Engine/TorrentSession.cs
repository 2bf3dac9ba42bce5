using System.Net;
using TorrentPS.Engine.Transport;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

using TorrentPS.Engine.Session;

namespace TorrentPS.Engine;

/// <summary>
/// A session: a listening port, shared limits and peer sources, and any number of torrents. It opens no socket or
/// thread before its first use. Thread-safe.
/// </summary>
public sealed partial class TorrentSession : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly List<Torrent> _torrents = [];
    private readonly List<TorrentRunner> _metadataDownloads = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _changing = new(1);
    private SessionResources? _resources;
    private SessionMetrics? _metrics;
    private PeerListener? _listener;
    private Task? _closed;

    /// <summary>Makes a session. Its port is opened with the first torrent.</summary>
    /// <param name="settings">The settings; <see langword="null"/> takes the defaults.</param>
    /// <param name="time">The clock; <see langword="null"/> takes the system's.</param>
    public TorrentSession(SessionSettings? settings = null, TimeProvider? time = null)
    {
        Settings = settings ?? new SessionSettings();
        _time = time ?? TimeProvider.System;
    }

    /// <summary>The current settings.</summary>
    public SessionSettings Settings { get; private set; }

    /// <summary>The TCP port on which the session listens; <see langword="null"/> before its first torrent.</summary>
    public int? ListenPort => _listener?.Port;

    /// <summary>
    /// The torrents in the order in which they were added. Ended torrents stay until they are removed or replaced.
    /// </summary>
    public IReadOnlyList<Torrent> Torrents
    {
        get
        {
            lock (_gate)
                return [.. _torrents];
        }
    }

    /// <summary>Number of blocks rented from the block pool; 0 after the session has closed.</summary>
    internal int BlocksOutstanding => _resources?.Blocks.Outstanding ?? 0;

    /// <summary>Adds a torrent and starts it. An ended torrent with the same info hash is replaced.</summary>
    /// <exception cref="SessionException">
    /// The torrent is in the session already, no port can be bound, the torrent is v2-only, or a setting is not valid;
    /// nothing was changed.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public Torrent Add(TorrentMetainfo metainfo, TorrentSettings settings)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentNullException.ThrowIfNull(settings);
        CheckTransferable(metainfo);
        TorrentSettings resolved = settings.Resolve();
        return Start(metainfo.WireHash, metainfo.Name, () =>
        {
            JoinDht(metainfo);
            return new Torrent(metainfo, resolved, _resources!, _listener!.Port, IsTaken);
        });
    }

    /// <summary>
    /// Adds the torrent of a magnet link and starts it. The metadata is fetched from peers, unless it is cached from an
    /// earlier start; then the content is downloaded. An ended torrent with the same info hash is replaced.
    /// </summary>
    /// <param name="link">The link. Its choice of files (BEP 53) is used when the settings have none.</param>
    /// <param name="settings">The settings as far as they do not depend on the metadata.</param>
    /// <param name="settle">
    /// Completes the settings once the metadata is known, for example with priorities of single files. Called once,
    /// from this method or from a pool thread. If it throws, this method throws, or the torrent fails when its metadata
    /// arrives.
    /// </param>
    /// <exception cref="SessionException">
    /// The torrent is in the session already, no port can be bound, or a setting is not valid; nothing was changed.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public Torrent Add(
        MagnetLink link,
        TorrentSettings settings,
        Func<TorrentMetainfo, TorrentSettings, TorrentSettings>? settle = null)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(settings);
        TorrentSettings resolved = settings.Resolve();
        FileSelection.Check(resolved);
        return Start(link.WireHash, link.Title, () =>
        {
            TorrentMetainfo? kept = Kept(link);
            JoinDht(kept);
            return new Torrent(link, kept, resolved, settle, _resources!, _listener!.Port, IsTaken);
        });
    }

    /// <summary>
    /// Fetches the metadata of a magnet link from peers, or reads it from the cache of an earlier start. No content is
    /// downloaded or read.
    /// </summary>
    /// <param name="link">The link, with its trackers and peers.</param>
    /// <param name="peers">More peers to connect to.</param>
    /// <param name="progress">
    /// Reports progress several times a second, from any thread; may be <see langword="null"/>.
    /// </param>
    /// <param name="cancellation">Ends the search, which has no time limit of its own.</param>
    /// <exception cref="MetainfoException">The metadata has the right hash but is not a valid torrent.</exception>
    /// <exception cref="SessionException">
    /// No port can be bound, or the search was stopped with the session or torrent.
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
                if (_resources!.Metadata.Find(link) is { } kept)
                    return kept;
                JoinDht(null);
                var settings = new TorrentSettings { Destination = _resources.StateFolder, Peers = peers };
                download = new TorrentRunner(
                    link, Receive, settings, _resources!, _listener!.Port,
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
        _resources!.Metadata.Keep(link.WireHash, metainfo);
        return metainfo;

        (TorrentMetainfo, TorrentSettings)? Receive(ReadOnlyMemory<byte> received, TorrentSettings settings)
        {
            info = received;
            return null;
        }
    }

    /// <summary>
    /// Returns the torrent with a v1 info hash, or a truncated v2 info hash; <see langword="null"/> when there is none.
    /// </summary>
    public Torrent? Find(InfoHash infoHash)
    {
        lock (_gate)
            return FindUnlocked(infoHash);
    }

    /// <summary>Stops a torrent and removes it from the session. The data on disk stays.</summary>
    public async Task RemoveAsync(Torrent torrent)
    {
        ArgumentNullException.ThrowIfNull(torrent);
        await torrent.StopAsync();
        lock (_gate)
            _torrents.Remove(torrent);
    }

    /// <summary>
    /// Replaces the settings: <c>session.ApplyAsync(settings => settings with { EnableDht = false })</c>. Changes are
    /// made one at a time, in the order of the calls. The task completes when the new settings are in effect and every
    /// peer source that was switched off is closed.
    /// </summary>
    /// <param name="change">
    /// Makes the new settings from the current ones. Called once; it must not wait for another change.
    /// </param>
    /// <exception cref="SessionException">
    /// A value is out of range, or a fixed setting differs in an open session
    /// (<see cref="SessionErrorId.BadSettings"/>); nothing was changed.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    public async Task ApplyAsync(Func<SessionSettings, SessionSettings> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        await _changing.WaitAsync();
        try
        {
            ObjectDisposedException.ThrowIf(_closed is not null, this);
            SessionSettings after = change(Settings)
                ?? throw new SessionException(SessionErrorId.BadSettings, "The change returned no settings.");
            after.Check();
            foreach (IAsyncDisposable dropped in Apply(after))
                await dropped.DisposeAsync();
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>
    /// Stops all torrents and closes all sockets, threads and files. Waits at most
    /// <see cref="SessionSettings.CloseGrace"/> for the trackers.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
            return new ValueTask(_closed ??= Task.Run(CloseAsync));
    }

    /// <exception cref="SessionException">
    /// The torrent is v2-only (<see cref="SessionErrorId.UnsupportedTorrent"/>).
    /// </exception>
    internal static void CheckTransferable(TorrentMetainfo metainfo)
    {
        if (metainfo.Version == MetainfoVersion.V2)
        {
            throw new SessionException(
                SessionErrorId.UnsupportedTorrent,
                $"'{metainfo.Name}' is a v2-only torrent: it can be read and verified, "
                + "but not downloaded or seeded yet. Use a hybrid or v1 torrent of the same content.");
        }
    }

    /// <summary>Opens the DHT nodes, unless the DHT is off or the torrent is known to be private (BEP 27).</summary>
    private void JoinDht(TorrentMetainfo? metainfo)
    {
        if (Settings.EnableDht && metainfo is not { IsPrivate: true })
            _resources!.PeerSources.OpenDht(_listener!.Port);
    }

    /// <returns>The dropped peer sources, to be disposed.</returns>
    private IReadOnlyList<IAsyncDisposable> Apply(SessionSettings after)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed is not null, this);
            if (_resources is not null)
                after.CheckChange(Settings);
            Settings = after;
            if (_resources is null)
                return [];
            IReadOnlyList<IAsyncDisposable> dropped = _resources.ApplySettings(after);
            if (HasPublicTorrent)
                JoinDht(null);
            foreach (Torrent torrent in _torrents)
                torrent.Runner.UseSession();
            foreach (TorrentRunner download in _metadataDownloads)
                download.UseSession();
            return dropped;
        }
    }

    /// <summary>The cached metadata of a link, if it can be transferred under the link's hash.</summary>
    private TorrentMetainfo? Kept(MagnetLink link) =>
        _resources!.Metadata.Find(link) is { Version: not MetainfoVersion.V2 } kept && kept.WireHash == link.WireHash
            ? kept
            : null;

    private static SessionException DownloadEnded(MagnetLink link) =>
        new(SessionErrorId.TorrentEnded, $"The download of the metadata of '{link.Title}' was stopped.");

    private Torrent Start(InfoHash infoHash, string name, Func<Torrent> make)
    {
        Torrent torrent;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed is not null, this);
            if (FindUnlocked(infoHash) is { } existing)
            {
                if (!existing.Completion.IsCompleted)
                    throw new SessionException(
                        SessionErrorId.DuplicateTorrent, $"'{name}' ({infoHash}) is in this session already.");
                _torrents.Remove(existing);
            }

            Open();
            torrent = make();
            _torrents.Add(torrent);
        }

        torrent.Runner.Start();
        return torrent;
    }

    private bool IsTaken(InfoHash infoHash, Torrent by)
    {
        lock (_gate)
            return _torrents.Exists(
                other => other != by && other.WireHash == infoHash && !other.Completion.IsCompleted);
    }

    private Torrent? FindUnlocked(InfoHash infoHash) => _torrents.Find(torrent => torrent.WireHash == infoHash);

    /// <summary>
    /// Gets the torrent, or the download of metadata alone, to which connections with an info hash belong.
    /// </summary>
    private TorrentRunner? FindRunner(InfoHash infoHash)
    {
        lock (_gate)
            return FindUnlocked(infoHash)?.Runner ?? _metadataDownloads.Find(download => download.WireHash == infoHash);
    }

    private void Open()
    {
        if (_listener is not null)
            return;
        Settings.Check();
        (int first, int last) = Settings.Ports;
        _listener = PeerListener.TryBind(Settings.BindAddress, Enumerable.Range(first, last - first + 1))
            ?? throw new SessionException(
                SessionErrorId.PortUnavailable,
                $"No peer port could be bound: {(first == last ? $"port {first}" : $"ports {first}-{last}")}"
                + $" on {Settings.BindAddress?.ToString() ?? "any address"} is in use or not allowed. "
                + "Choose another port or address.");
        _resources ??= new SessionResources(Settings, _time);
        _metrics = new SessionMetrics(() => Torrents.Select(torrent => torrent.Status), _resources);
        var reception = new PeerReception(_resources, FindRunner, _closing.Token);
        _listener.Start(socket => _ = reception.GreetAsync(socket));
    }

    private async Task CloseAsync()
    {
        _listener?.Dispose();
        await _closing.CancelAsync();

        // Wait for a running change of settings: it still disposes peer sources of this session.
        await _changing.WaitAsync();
        await Task.WhenAll(Torrents.Select(torrent => torrent.StopAsync()));
        TorrentRunner[] downloads;
        lock (_gate)
            downloads = [.. _metadataDownloads];
        foreach (TorrentRunner download in downloads)
            download.Stop();
        await Task.WhenAll(downloads.Select(download => download.Completion));
        _metrics?.Dispose();
        if (_resources is not null)
            await _resources.DisposeAsync();
        _changing.Release();
        _closing.Dispose();
    }
}
