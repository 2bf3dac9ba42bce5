namespace TorrentPS.Engine;

/// <summary>Stable identifiers of the errors that pause or end a torrent.</summary>
public enum TorrentFaultId
{
    /// <summary>The volume is full, or a disk quota is exceeded.</summary>
    DiskFull,

    /// <summary>Access to a file or folder is denied, or the volume is read-only.</summary>
    AccessDenied,

    /// <summary>
    /// A path of the content can't be used at the destination: it is too long, a part of it is a file instead of a
    /// folder, or it leads through a symbolic link.
    /// </summary>
    BadPath,

    /// <summary>
    /// A file exists in the destination, has no piece of the torrent, and was not created by an earlier run. It is
    /// overwritten only if <see cref="TorrentSettings.OverwriteFiles"/> is true.
    /// </summary>
    FileExists,

    /// <summary>
    /// A file with verified content is missing or was truncated. For a magnet link, also: the content to be seeded is
    /// not at the given path.
    /// </summary>
    ContentMissing,

    /// <summary>Another I/O error.</summary>
    IOError,

    /// <summary>
    /// Content to be seeded is missing or does not match the torrent's hashes, and
    /// <see cref="TorrentSettings.AllowPartial"/> is false.
    /// </summary>
    DataMismatch,

    /// <summary>The downloaded metadata has the magnet link's info hash but is not valid.</summary>
    InvalidMetadata,

    /// <summary>The magnet link's torrent can't be downloaded: it is v2-only (BEP 52).</summary>
    UnsupportedTorrent,

    /// <summary>
    /// The magnet link contains only the v2 info hash of a torrent that is already in the session under its v1 info
    /// hash.
    /// </summary>
    DuplicateTorrent,

    /// <summary>The settings are not valid for the downloaded metadata.</summary>
    BadSettings,

    /// <summary>
    /// The torrent did not reach its goal in time (<see cref="TorrentSettings.Timeout"/>).
    /// </summary>
    Timeout,

    /// <summary>The download received no new data for too long (<see cref="TorrentSettings.StallTimeout"/>).</summary>
    StallTimeout,

    /// <summary>The settings select no file or no piece of the downloaded metadata.</summary>
    NoFileMatches,

    /// <summary>
    /// The network interface to which the session is bound is gone. The torrent continues by itself when the interface
    /// is available again.
    /// </summary>
    InterfaceUnavailable,

    /// <summary>An internal error of this program. The torrent was stopped to protect its data.</summary>
    InternalError,
}

/// <summary>The error that paused or ended a torrent.</summary>
/// <param name="Id">The stable identifier of the error.</param>
/// <param name="Target">
/// Full path of the file or folder with the error, or the torrent's name if the error concerns no file or folder.
/// </param>
/// <param name="Message">Message for the user in one line: what failed, why, and what to do.</param>
public sealed record TorrentFault(TorrentFaultId Id, string Target, string Message);
