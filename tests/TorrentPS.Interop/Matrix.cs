namespace TorrentPS.Interop;

/// <summary>The clients that others run.</summary>
public enum RealClient
{
    Libtorrent,
    Transmission,
    Aria2,
}

/// <summary>Which way the content goes.</summary>
public enum Direction
{
    WeDownload,
    WeSeed,
}

/// <summary>How the tracker is reached.</summary>
public enum TrackerKind
{
    Http,
    Udp,
}

/// <summary>How peers find each other. Whoever is told one way uses no other.</summary>
public enum Way
{
    /// <summary>By a tracker.</summary>
    Tracker,

    /// <summary>By the DHT: one other node knows both.</summary>
    Dht,

    /// <summary>By peer exchange: a third peer, without content or metadata, is connected to both.</summary>
    Pex,

    /// <summary>By local discovery: multicast on the bridge.</summary>
    Lsd,
}

/// <summary>What the torrent is like.</summary>
public enum Shape
{
    /// <summary>One file whose length is no multiple of anything.</summary>
    SingleFile,

    /// <summary>Many files: empty ones, odd boundaries, nested folders, Unicode names.</summary>
    ManyFiles,

    /// <summary>Pieces of 16 KiB: one block each.</summary>
    SmallPieces,

    /// <summary>Pieces of 16 MiB: a thousand blocks each.</summary>
    LargePieces,
}
