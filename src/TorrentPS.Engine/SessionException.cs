namespace TorrentPS.Engine;

/// <summary>The stable id of an error that <see cref="TorrentSession"/> reports.</summary>
public enum SessionErrorId
{
    /// <summary>No listening port could be opened.</summary>
    PortUnavailable,

    /// <summary>The session already contains the torrent.</summary>
    DuplicateTorrent,

    /// <summary>A setting is invalid, contradicts another one, or doesn't fit the torrent.</summary>
    BadSettings,

    /// <summary>The torrent can be read but not transferred: v2-only torrents for now.</summary>
    UnsupportedTorrent,

    /// <summary>The torrent has ended and can no longer be changed.</summary>
    TorrentEnded,

    /// <summary>The DHT is disabled, has no UDP port, or no DHT node answers.</summary>
    DhtUnavailable,

    /// <summary>The value can't be stored in the DHT (BEP 44): it is too long or not bencoded.</summary>
    BadDhtItem,
}

/// <summary>
/// The exception that <see cref="TorrentSession"/> throws when it can't carry out a call. Nothing was changed.
/// </summary>
public sealed class SessionException : InvalidOperationException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="id">The stable id of the error.</param>
    /// <param name="message">What failed, why, and what to do.</param>
    /// <param name="inner">The exception that caused this one, if any.</param>
    public SessionException(SessionErrorId id, string message, Exception? inner = null)
        : base(message, inner) => Id = id;

    /// <summary>The stable id of the error.</summary>
    public SessionErrorId Id { get; }
}
