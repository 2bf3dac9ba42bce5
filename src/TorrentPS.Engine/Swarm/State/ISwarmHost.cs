using System.Net;
using TorrentPS.Engine.Peers;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>What the loop asks of the pumps around it. Everything returns at once; what comes of it arrives as an event.</summary>
internal interface ISwarmHost
{
    /// <summary>Prepares the content for the downloaded info dictionary; ends in <see cref="ContentReady"/>, <see cref="MetadataRefused"/> or a stop.</summary>
    void MetadataDownloaded(byte[] info);

    /// <summary>Begins to verify existing data; ends in <see cref="CheckFinished"/> or <see cref="CheckFailed"/>.</summary>
    void StartCheck();

    /// <summary>Begins to connect; ends in <see cref="PeerConnected"/> or <see cref="DialFailed"/>.</summary>
    /// <returns>False when the session's caps leave no room now.</returns>
    bool TryDial(IPEndPoint endPoint);

    /// <summary>Makes a link to a web seed, which reaches the server when it is started; ends in <see cref="PeerClosed"/>.</summary>
    WebSeedOpened OpenWebSeed(Uri webSeed);

    /// <summary>Tells the trackers that we are here, and goes on telling them.</summary>
    void StartAnnouncing();

    /// <summary>Tells the trackers that we have everything now.</summary>
    void AnnounceCompleted();

    /// <summary>Tells the trackers that we are leaving for now.</summary>
    void StopAnnouncing();

    /// <summary>A peer says where its DHT node is (BEP 5, "port").</summary>
    void DhtNodeFound(IPEndPoint node);

    /// <summary>The torrent's upload limit in bytes/s as it is now; null is unlimited.</summary>
    long? UploadLimit { get; }

    /// <summary>Remembers peers that worked, for the torrent's next start.</summary>
    void Remember(IReadOnlyList<GoodPeer> peers);

    /// <summary>Makes a new status known.</summary>
    void Publish(TorrentStatus status);

    /// <summary>The loop has ended what it does; the host closes pumps and storage.</summary>
    void Ended(bool goalReached);
}

/// <summary>A web seed that the loop may use.</summary>
/// <param name="Link">By which it is asked.</param>
/// <param name="Start">To be called once the loop knows it.</param>
internal readonly record struct WebSeedOpened(IBlockSource Link, Action Start);
