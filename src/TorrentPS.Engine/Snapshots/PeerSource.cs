namespace TorrentPS.Engine.Snapshots;

/// <summary>Where the engine learned of a peer.</summary>
public enum PeerSource
{
    /// <summary>A tracker named it.</summary>
    Tracker,

    /// <summary>The DHT.</summary>
    Dht,

    /// <summary>Peer exchange.</summary>
    Pex,

    /// <summary>Local service discovery.</summary>
    Lsd,

    /// <summary>Remembered from before.</summary>
    Resume,

    /// <summary>It connected to us.</summary>
    Incoming,

    /// <summary>The user named it.</summary>
    Manual,

    /// <summary>The torrent or its link names it: a web server that holds the content (BEP 19), no peer.</summary>
    WebSeed,
}
