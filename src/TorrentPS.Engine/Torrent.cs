using System.Net;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

using TorrentPS.Engine.Session;

namespace TorrentPS.Engine;

/// <summary>A torrent in a session. All members are thread-safe and return without waiting for I/O.</summary>
public sealed class Torrent
{
    private readonly MagnetLink? _link;
    private readonly Func<TorrentMetainfo, TorrentSettings, TorrentSettings>? _settle;
    private readonly SessionResources _session;
    private readonly Func<InfoHash, Torrent, bool> _isTaken;
    private TorrentState _state;

    /// <summary>A torrent whose metadata is known.</summary>
    /// <param name="metainfo">The metadata.</param>
    /// <param name="settings">The torrent's settings.</param>
    /// <param name="session">The session's shared resources.</param>
    /// <param name="port">The TCP port on which this client accepts peers.</param>
    /// <param name="isTaken">Whether another torrent of the session has an info hash.</param>
    internal Torrent(
        TorrentMetainfo metainfo,
        TorrentSettings settings,
        SessionResources session,
        int port,
        Func<InfoHash, Torrent, bool> isTaken)
    {
        _session = session;
        _isTaken = isTaken;
        Runner = new TorrentRunner(metainfo, null, settings, session, port, OnPublished);
        _state = Runner.Status.State;
    }

    /// <summary>A torrent added by a magnet link.</summary>
    /// <param name="link">The link.</param>
    /// <param name="kept">The metadata if an earlier run kept it; null to download it.</param>
    /// <param name="settings">The torrent's settings.</param>
    /// <param name="settle">Completes the settings once the metadata is known; may be null.</param>
    /// <param name="session">The session's shared resources.</param>
    /// <param name="port">The TCP port on which this client accepts peers.</param>
    /// <param name="isTaken">Whether another torrent of the session has an info hash.</param>
    /// <exception cref="SessionException">The settings are not valid for the kept metadata.</exception>
    internal Torrent(
        MagnetLink link,
        TorrentMetainfo? kept,
        TorrentSettings settings,
        Func<TorrentMetainfo, TorrentSettings, TorrentSettings>? settle,
        SessionResources session,
        int port,
        Func<InfoHash, Torrent, bool> isTaken)
    {
        _link = link;
        _settle = settle;
        _session = session;
        _isTaken = isTaken;
        Runner = kept is null
            ? new TorrentRunner(link, Accept, settings, session, port, OnPublished)
            : new TorrentRunner(kept, link, Settle(kept, settings), session, port, OnPublished);
        _state = Runner.Status.State;
    }

    /// <summary>
    /// Raised on a thread-pool thread after each change of <see cref="TorrentStatus.State"/>. Handlers must return
    /// soon. Exceptions of handlers are ignored.
    /// </summary>
    public event EventHandler<TorrentStatus>? StateChanged;

    /// <summary>
    /// Gets the metadata; null while it is being downloaded (<see cref="TorrentState.DownloadingMetadata"/>).
    /// </summary>
    public TorrentMetainfo? Metainfo => Runner.Metainfo;

    /// <summary>
    /// Gets a task that completes with the metadata, or with null when the torrent ends before. It never fails.
    /// </summary>
    public Task<TorrentMetainfo?> MetadataReceived => Runner.MetadataReceived;

    /// <summary>Gets the current settings.</summary>
    public TorrentSettings Settings => Runner.Settings;

    /// <summary>Gets the latest status. It is updated about four times a second and at every change of state.</summary>
    public TorrentStatus Status => Runner.Status;

    /// <summary>
    /// Gets the result of the last announce to each tracker; empty while the torrent is paused or has ended.
    /// </summary>
    public IReadOnlyList<TrackerStatus> Trackers => Runner.Trackers;

    /// <summary>
    /// Gets a task that completes when the torrent has ended: it reached its goal
    /// (<see cref="TorrentSettings.StopWhen"/>), was stopped, or failed. It never fails. At the goal the torrent stops
    /// by itself, with its data on disk and its trackers informed.
    /// </summary>
    public Task<TorrentResult> Completion => Runner.Completion;

    /// <summary>The info hash that handshakes and announces name.</summary>
    internal InfoHash WireHash => Runner.WireHash;

    internal TorrentRunner Runner { get; }

    /// <summary>Gets the connected peers; empty when the torrent has ended.</summary>
    public Task<IReadOnlyList<PeerStatus>> GetPeersAsync() => Runner.GetPeersAsync();

    /// <summary>
    /// Gets the status of every piece in order; empty before the metadata is known and when the torrent has ended.
    /// </summary>
    public Task<IReadOnlyList<PieceStatus>> GetPiecesAsync() => Runner.GetPiecesAsync();

    /// <summary>
    /// Replaces the settings: <c>torrent.ApplyAsync(settings => settings with { DownloadLimit = 1 &lt;&lt; 20 })</c>.
    /// Changes are made one at a time, in the order of the calls. The task completes when the new settings are in
    /// effect. A file that becomes wanted is downloaded; one that becomes unwanted keeps the pieces on disk.
    /// </summary>
    /// <param name="change">
    /// Makes the new settings from the current ones. Called once; it must not wait for another change.
    /// </param>
    /// <exception cref="SessionException">
    /// A value is out of range, a fixed setting differs (<see cref="SessionErrorId.BadSettings"/>), or the torrent has
    /// ended (<see cref="SessionErrorId.TorrentEnded"/>); nothing was changed.
    /// </exception>
    /// <exception cref="StorageException">
    /// The files that became wanted can't be written; nothing was changed.
    /// </exception>
    public Task ApplyAsync(Func<TorrentSettings, TorrentSettings> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Runner.ApplyAsync(change);
    }

    /// <summary>
    /// Disconnects from all peers and stops announcing, until <see cref="Resume"/>. Verified data stays on disk.
    /// </summary>
    public void Pause() => Runner.Pause();

    /// <summary>Continues after <see cref="Pause"/>, or after a fault whose cause was removed.</summary>
    public void Resume() => Runner.Resume();

    /// <summary>
    /// Ends the torrent: disconnects from all peers, writes verified data to disk, and tells the trackers within
    /// <see cref="SessionSettings.CloseGrace"/>. The data stays on disk.
    /// </summary>
    /// <returns><see cref="Completion"/>.</returns>
    public Task StopAsync()
    {
        Runner.Stop();
        return Completion;
    }

    /// <summary>Adds addresses of peers to connect to.</summary>
    public void AddPeers(IEnumerable<IPEndPoint> peers) => Runner.AddPeers([.. peers]);

    /// <summary>Checks downloaded metadata, keeps it for the next start, and completes the settings.</summary>
    private (TorrentMetainfo Metainfo, TorrentSettings Settings)? Accept(
        ReadOnlyMemory<byte> info, TorrentSettings settings)
    {
        TorrentMetainfo metainfo = TorrentMetainfo.ParseInfo(info, _link!);
        _session.Metadata.Keep(_link!.WireHash, metainfo);
        TorrentSession.CheckTransferable(metainfo);
        if (_isTaken(metainfo.WireHash, this))
        {
            throw new SessionException(
                SessionErrorId.DuplicateTorrent, $"'{metainfo.Name}' ({metainfo.WireHash}) is in this session already.");
        }

        return (metainfo, Settle(metainfo, settings));
    }

    private TorrentSettings Settle(TorrentMetainfo metainfo, TorrentSettings settings)
    {
        settings = FileSelection.OfLink(_link!, metainfo, settings);
        return _settle?.Invoke(metainfo, settings) ?? settings;
    }

    private void OnPublished(TorrentStatus status)
    {
        if (status.State == _state)
            return;
        _state = status.State;
        try
        {
            StateChanged?.Invoke(this, status);
        }
        catch (Exception)
        {
            // A failing handler must not end the torrent.
        }
    }
}
