namespace TorrentPS.Interop;

/// <summary>The other BitTorrent clients.</summary>
public enum RealClient
{
    Libtorrent,
    Transmission,
    Aria2,

    /// <summary>A client without the Fast extension (BEP 6) that requests many blocks ahead.</summary>
    RTorrent,
}

/// <summary>What torrentps does; the other client does the opposite.</summary>
public enum Direction
{
    Download,
    Seed,
}

/// <summary>How another client uses the encryption of connections (MSE).</summary>
public enum ClientEncryption
{
    /// <summary>As the client's own defaults say.</summary>
    Default,

    /// <summary>The client makes and accepts only encrypted connections.</summary>
    Required,

    /// <summary>
    /// The client makes plain connections. libtorrent also refuses encrypted ones; Transmission and aria2 accept them.
    /// </summary>
    Plain,
}

/// <summary>The protocol of the tracker.</summary>
public enum TrackerKind
{
    Http,
    Udp,
}

/// <summary>The only peer source that a client may use.</summary>
public enum PeerSourceKind
{
    /// <summary>A tracker.</summary>
    Tracker,

    /// <summary>The DHT. Both peers join it by the same bootstrap node.</summary>
    Dht,

    /// <summary>Peer exchange. A third peer, without content or metadata, is connected to both peers.</summary>
    Pex,

    /// <summary>Local service discovery, by multicast on the bridge.</summary>
    Lsd,
}

/// <summary>The content of a test torrent.</summary>
public enum Shape
{
    /// <summary>One file whose length is not a multiple of the block length.</summary>
    SingleFile,

    /// <summary>Many files: empty files, files around the piece length, nested folders, Unicode names.</summary>
    ManyFiles,

    /// <summary>Pieces of 16 KiB, which is one block.</summary>
    SmallPieces,

    /// <summary>Pieces of 16 MiB, which is 1,024 blocks.</summary>
    LargePieces,
}
