using System.Net;
using TorrentPS.Engine.Peers;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>
/// Carries out what the loop asks for: connections, announces, storage. No member waits for I/O; outcomes are posted as
/// events.
/// </summary>
internal interface ISwarmHost
{
    /// <summary>
    /// Accepts the downloaded info dictionary and opens the content. <see cref="ContentReady"/>,
    /// <see cref="MetadataRefused"/> or <see cref="StopRequested"/> follows.
    /// </summary>
    void MetadataDownloaded(byte[] info);

    /// <summary>Checks existing data. <see cref="CheckFinished"/> or <see cref="CheckFailed"/> follows.</summary>
    void StartCheck();

    /// <summary>Dials an address. <see cref="PeerConnected"/> or <see cref="DialFailed"/> follows.</summary>
    /// <returns>False when the session's connection limits allow no dial now.</returns>
    bool TryDial(IPEndPoint endPoint);

    /// <summary>
    /// Makes a link to a web seed. The web server is contacted when the link is started; <see cref="PeerClosed"/> ends
    /// it.
    /// </summary>
    WebSeedOpened OpenWebSeed(Uri webSeed);

    /// <summary>
    /// Starts to announce the torrent to its trackers and to the other peer sources. Does nothing when it is announced
    /// already.
    /// </summary>
    void StartAnnouncing();

    /// <summary>Announces to the trackers that the download is complete.</summary>
    void AnnounceCompleted();

    /// <summary>Announces to the trackers that the torrent stops, and leaves the other peer sources.</summary>
    void StopAnnouncing();

    /// <summary>Adds the DHT node that a peer named in a port message (BEP 5).</summary>
    void DhtNodeFound(IPEndPoint node);

    /// <summary>The torrent's current upload limit in bytes/s; null is unlimited.</summary>
    long? UploadLimit { get; }

    /// <summary>Adds peers to the peer cache, for the torrent's next start.</summary>
    void CachePeers(IReadOnlyList<GoodPeer> peers);

    /// <summary>Adds an event to the session's event log.</summary>
    /// <param name="kind">Kind of the event.</param>
    /// <param name="message">What happened, in one line.</param>
    /// <param name="peer">The peer, or null when the event concerns none.</param>
    void Report(SessionEventKind kind, string message, IPEndPoint? peer = null);

    /// <summary>Publishes a new status.</summary>
    void Publish(TorrentStatus status);

    /// <summary>Closes connections and storage: the torrent has ended.</summary>
    /// <param name="goalReached">
    /// Whether it ended because its goal was reached (<see cref="TorrentSettings.StopWhen"/>).
    /// </param>
    void Ended(bool goalReached);
}

/// <summary>A link to a web seed that has not been started.</summary>
/// <param name="Link">The link.</param>
/// <param name="Start">Starts the link. Called once, when the loop has added it to its peer table.</param>
internal readonly record struct WebSeedOpened(IBlockSource Link, Action Start);

/// <summary>A peer worth trying again at the torrent's next start.</summary>
/// <param name="EndPoint">The address at which the peer accepts connections.</param>
/// <param name="Rate">Useful payload received plus payload sent, in bytes/s, averaged over the connection.</param>
internal readonly record struct GoodPeer(IPEndPoint EndPoint, long Rate);
