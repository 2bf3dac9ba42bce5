using System.Net;
using TorrentPS.Engine.Peers;
using TorrentPS.Engine.Policy.Addresses;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>
/// Carries out what the swarm loop requests: dials, announces and storage operations. No member waits for I/O. The host
/// posts the outcome to the loop as an event.
/// </summary>
internal interface ISwarmHost
{
    /// <summary>This client's external address, which all torrents of the session share.</summary>
    ExternalAddress ExternalAddress { get; }

    /// <summary>
    /// Starts to process the downloaded info dictionary: parses it and opens storage for the content. Posts
    /// <see cref="ContentReady"/>, <see cref="MetadataRefused"/> or <see cref="StopRequested"/>.
    /// </summary>
    /// <param name="info">The bencoded info dictionary. It matches the info hash.</param>
    void MetadataDownloaded(byte[] info);

    /// <summary>
    /// Starts to check existing data against the piece hashes. Posts <see cref="CheckFinished"/> or
    /// <see cref="CheckFailed"/>.
    /// </summary>
    void StartCheck();

    /// <summary>
    /// Returns whether the address of a newly found peer is in the session's IP filter. If so, adds one to the count of
    /// filtered addresses.
    /// </summary>
    bool IsFiltered(IPAddress address);

    /// <summary>Starts to dial an address. Posts <see cref="PeerConnected"/> or <see cref="DialFailed"/>.</summary>
    /// <param name="endPoint">The address.</param>
    /// <param name="isEncrypted">
    /// True if the peer is known to accept encrypted connections, false if it is known to accept plain ones, and null
    /// if neither is known.
    /// </param>
    /// <returns>False if the session's connection limits allow no dial now. No event is posted then.</returns>
    bool TryDial(IPEndPoint endPoint, bool? isEncrypted);

    /// <summary>
    /// Creates the link to a web seed without contacting the web server. Once the link has been started,
    /// <see cref="PeerClosed"/> is posted when it ends.
    /// </summary>
    WebSeedOpened OpenWebSeed(Uri webSeed);

    /// <summary>
    /// Starts to announce the torrent to its trackers and to the other enabled peer sources. Does nothing if the
    /// announces have started already.
    /// </summary>
    void StartAnnouncing();

    /// <summary>Sends the trackers the event <c>completed</c> (BEP 3).</summary>
    void AnnounceCompleted();

    /// <summary>
    /// Sends the trackers the event <c>stopped</c> (BEP 3) and ends the announces to the other peer sources.
    /// </summary>
    void StopAnnouncing();

    /// <summary>
    /// Passes the address of a peer's DHT node to this client's DHT. The peer sent the node's port in a port message
    /// (BEP 5).
    /// </summary>
    void DhtNodeFound(IPEndPoint node);

    /// <summary>The torrent's current upload limit in bytes/s; null is unlimited.</summary>
    long? UploadLimit { get; }

    void CachePeers(IReadOnlyList<GoodPeer> peers);

    /// <summary>
    /// Adds an event to the session's event log. The message is one line. The address is that of the peer that the
    /// event concerns, or null.
    /// </summary>
    void Report(SessionEventKind kind, string message, IPEndPoint? peer = null);

    /// <summary>Publishes a status record to the users of the torrent's API.</summary>
    void Publish(TorrentStatus status);

    /// <summary>Starts to close the connections and the storage after the torrent stopped or failed.</summary>
    /// <param name="goalReached">
    /// Whether the torrent stopped because it reached its goal (<see cref="TorrentSettings.StopWhen"/>).
    /// </param>
    void Ended(bool goalReached);
}

/// <summary>A new link to a web seed. The link has not been started yet.</summary>
/// <param name="Link">The link.</param>
/// <param name="Start">
/// Starts the link. The swarm loop calls it once, after it has added the link to its peer table.
/// </param>
internal readonly record struct WebSeedOpened(IBlockSource Link, Action Start);

/// <summary>A peer that is stored in the peer cache and dialed at the torrent's next start.</summary>
/// <param name="EndPoint">The address at which the peer accepts connections.</param>
/// <param name="Rate">
/// Average rate over the connection in bytes/s: the received payload that was needed, plus the sent payload.
/// </param>
internal readonly record struct GoodPeer(IPEndPoint EndPoint, long Rate);
