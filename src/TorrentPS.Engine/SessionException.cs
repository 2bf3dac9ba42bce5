namespace TorrentPS.Engine;

/// <summary>The stable id of the error in a <see cref="SessionException"/>.</summary>
public enum SessionErrorId
{
    /// <summary>
    /// No TCP port could be opened for incoming connections: all configured ports are in use or not allowed.
    /// </summary>
    PortUnavailable,

    /// <summary>The session already contains the torrent, and it has not ended.</summary>
    DuplicateTorrent,

    /// <summary>A setting is invalid, contradicts another one, or doesn't fit the torrent.</summary>
    BadSettings,

    /// <summary>The settings select no file or no piece of the torrent, so that nothing would be downloaded.</summary>
    NoFileMatches,

    /// <summary>The URL of a tracker cannot be used, or the torrent has the maximum number of trackers.</summary>
    InvalidTracker,

    /// <summary>
    /// The torrent is v2-only (BEP 52). Such torrents can be read and verified, but not transferred yet.
    /// </summary>
    UnsupportedTorrent,

    /// <summary>
    /// The torrent has ended and can no longer be changed, or the download of a magnet link's metadata was stopped.
    /// </summary>
    TorrentEnded,

    /// <summary>
    /// The DHT is disabled, no UDP port could be opened for it, or no DHT node accepted the item to be stored.
    /// </summary>
    DhtUnavailable,

    /// <summary>The value can't be stored in the DHT (BEP 44): it is too long or not bencoded.</summary>
    BadDhtItem,

    /// <summary>The network interface in the settings does not exist, is down, or has no address.</summary>
    InterfaceUnavailable,

    /// <summary>The file of the IP filter can't be read, or contains no address range.</summary>
    BadIPFilter,
}

/// <summary>
/// Thrown when a <see cref="TorrentSession"/> or a <see cref="Torrent"/> can't do what the caller requested.
/// </summary>
public sealed class SessionException : InvalidOperationException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="id">The stable id of the error.</param>
    /// <param name="message">What failed, why, and what the user can do.</param>
    /// <param name="inner">The exception that caused this one; null if there is none.</param>
    public SessionException(SessionErrorId id, string message, Exception? inner = null)
        : base(message, inner) => Id = id;

    /// <summary>The stable id of the error.</summary>
    public SessionErrorId Id { get; }
}
