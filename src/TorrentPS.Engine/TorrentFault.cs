namespace TorrentPS.Engine;

/// <summary>Why a torrent is paused or failed, with a stable name.</summary>
public enum TorrentFaultId
{
    /// <summary>The volume has no room left.</summary>
    DiskFull,

    /// <summary>The destination can't be written or the data can't be read.</summary>
    AccessDenied,

    /// <summary>A path of the content can't be used at the destination.</summary>
    BadPath,

    /// <summary>Content that was verified is gone or shorter.</summary>
    ContentMissing,

    /// <summary>Any other disk error.</summary>
    IOError,

    /// <summary>Data to be seeded does not match the torrent.</summary>
    DataMismatch,

    /// <summary>The metadata of a magnet link has the right hash but is no valid torrent.</summary>
    InvalidMetadata,

    /// <summary>The metadata of a magnet link tells of a torrent that can be read but not transferred: v2-only torrents for now.</summary>
    UnsupportedTorrent,

    /// <summary>The metadata of a magnet link tells of a torrent that is in the session already.</summary>
    DuplicateTorrent,

    /// <summary>The settings contradict the metadata of a magnet link.</summary>
    BadSettings,

    /// <summary>The engine itself erred; the torrent was ended to protect the data.</summary>
    InternalError,
}

/// <summary>Why a torrent is paused or failed.</summary>
/// <param name="Id">The stable name.</param>
/// <param name="Target">What it is about: a full path, or the torrent's name.</param>
/// <param name="Message">What happened, where, and what to do; one line for a person.</param>
public sealed record TorrentFault(TorrentFaultId Id, string Target, string Message);
