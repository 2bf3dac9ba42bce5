using System.Net;
using TorrentPS.Engine.Session;
using TorrentPS.Protocol.Metainfo;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine;

/// <summary>A torrent in a session. All members are thread-safe, and none blocks on I/O.</summary>
public sealed partial class Torrent
{
    private TorrentState _state;

    internal Torrent(TorrentRunner runner)
    {
        Runner = runner;
        _state = runner.Status.State;
        runner.Published = OnPublished;
    }

    /// <summary>
    /// Raised on a thread-pool thread after each change of <see cref="TorrentStatus.State"/>. The torrent waits for the
    /// handlers, so they must return soon. Exceptions of the handlers are ignored.
    /// </summary>
    public event EventHandler<TorrentStatus>? StateChanged;

    /// <summary>
    /// Gets the metadata; null before it is downloaded (<see cref="TorrentState.DownloadingMetadata"/>).
    /// </summary>
    public TorrentMetainfo? Metainfo => Runner.Metainfo;

    /// <summary>
    /// Gets a task that completes with the metadata as soon as it is known, or with null if the torrent ends earlier.
    /// The task never fails.
    /// </summary>
    public Task<TorrentMetainfo?> MetadataReceived => Runner.MetadataReceived;

    /// <summary>Gets the TCP port on which the torrent's session accepts peers.</summary>
    public int ListenPort => Runner.ListenPort;

    /// <summary>Gets the current settings.</summary>
    public TorrentSettings Settings => Runner.Settings;

    /// <summary>Gets the latest status. It is updated about four times a second and at every change of state.</summary>
    public TorrentStatus Status => Runner.Status;

    /// <summary>
    /// Gets the status of each tracker, with the result of the last announce to it. The results remain available while
    /// the torrent is paused and after it has ended.
    /// </summary>
    public IReadOnlyList<TrackerStatus> Trackers => Runner.Trackers.Statuses;

    /// <summary>
    /// Gets a task that completes when the torrent has ended: it reached its goal
    /// (<see cref="TorrentSettings.StopWhen"/>), was stopped, or failed. Verified data is then on disk, and the
    /// trackers have answered the <c>stopped</c> announces or <see cref="SessionSettings.CloseGrace"/> has passed. The
    /// task itself never fails.
    /// </summary>
    public Task<TorrentResult> Completion => Runner.Completion;

    internal InfoHash WireHash => Runner.WireHash;

    internal TorrentRunner Runner { get; }

    /// <summary>Gets the connected peers and the web seeds in use; empty after the torrent has ended.</summary>
    public Task<IReadOnlyList<PeerStatus>> GetPeersAsync() => Runner.GetPeersAsync();

    /// <summary>
    /// Gets the last 200 peers and web seeds that were connected and no longer are, in the order in which they
    /// disconnected. They stay available after the torrent has ended.
    /// </summary>
    public Task<IReadOnlyList<DisconnectedPeer>> GetDisconnectedPeersAsync() => Runner.GetDisconnectedPeersAsync();

    /// <summary>
    /// Gets the bans of peers that sent wrong data, oldest first; empty after the torrent has ended. Addresses that the
    /// user blocked are in <see cref="SessionSettings.BlockList"/>.
    /// </summary>
    public Task<IReadOnlyList<PeerBan>> GetBansAsync() => Runner.GetBansAsync();

    /// <summary>
    /// Lifts the bans of the peers in a network, so that the torrent can connect to these peers again.
    /// </summary>
    /// <param name="network">The network. <see cref="BlockedNetwork.Of"/> returns the network for one address.</param>
    /// <returns>Number of lifted bans; 0 after the torrent has ended.</returns>
    public Task<int> UnbanPeersAsync(IPNetwork network) => Runner.UnbanPeersAsync(network);

    /// <summary>
    /// Gets all pieces in order; empty before the metadata is known and after the torrent has ended.
    /// </summary>
    public Task<IReadOnlyList<PieceStatus>> GetPiecesAsync() => Runner.GetPiecesAsync();

    /// <summary>
    /// Gets all files in order, except pad files; empty before the metadata is known and after the torrent has ended.
    /// </summary>
    public Task<IReadOnlyList<FileStatus>> GetFilesAsync() => Runner.GetFilesAsync();

    /// <summary>
    /// Replaces the settings: <c>torrent.ApplyAsync(settings => settings with { DownloadLimit = 1 &lt;&lt; 20 })</c>.
    /// Changes are made one at a time. The task completes when the torrent uses the new settings. Files that become
    /// wanted are downloaded. Verified pieces of files that become unwanted stay on disk.
    /// </summary>
    /// <param name="change">
    /// Returns the new settings, given the current ones. It is called once and must not wait for another change.
    /// </param>
    /// <exception cref="SessionException">
    /// A value is out of range, a fixed setting differs (<see cref="SessionErrorId.BadSettings"/>), or the torrent has
    /// ended (<see cref="SessionErrorId.TorrentEnded"/>). Nothing was changed.
    /// </exception>
    /// <exception cref="StorageException">
    /// The files that became wanted can't be written. Nothing was changed.
    /// </exception>
    public Task ApplyAsync(Func<TorrentSettings, TorrentSettings> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Runner.ApplyAsync(change);
    }

    /// <summary>
    /// Pauses the torrent until <see cref="Resume"/>: disconnects from all peers and announces <c>stopped</c> to the
    /// trackers. If existing data is being checked, the torrent is paused after the check.
    /// </summary>
    public void Pause() => Runner.Pause();

    /// <summary>
    /// Continues a paused torrent and clears its <see cref="TorrentStatus.Fault"/>. If the cause of the fault remains,
    /// the torrent is paused again.
    /// </summary>
    public void Resume() => Runner.Resume();

    /// <summary>
    /// Ends the torrent: disconnects from all peers, writes verified pieces to disk, and announces <c>stopped</c> to
    /// the trackers. Waits at most <see cref="SessionSettings.CloseGrace"/> for the responses. The files are kept.
    /// </summary>
    /// <returns>The task of <see cref="Completion"/>.</returns>
    public Task StopAsync()
    {
        Runner.Stop();
        return Completion;
    }

    /// <summary>
    /// Adds addresses of peers. The torrent connects to them as its limits allow. Does nothing after the torrent has
    /// ended.
    /// </summary>
    /// <param name="peers">Addresses and ports of the peers.</param>
    public void AddPeers(IEnumerable<IPEndPoint> peers) => Runner.AddPeers([.. peers]);

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
