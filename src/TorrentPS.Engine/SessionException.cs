namespace TorrentPS.Engine;

/// <summary>A request to the session that can't be met.</summary>
public enum SessionErrorId
{
    /// <summary>No port could be bound.</summary>
    PortUnavailable,

    /// <summary>The torrent is in the session already.</summary>
    DuplicateTorrent,

    /// <summary>The settings contradict themselves or the torrent.</summary>
    BadSettings,

    /// <summary>The torrent can be read but not transferred: v2-only torrents for now.</summary>
    UnsupportedTorrent,

    /// <summary>The torrent has ended: there is nothing left to change.</summary>
    TorrentEnded,

    /// <summary>The DHT is off, has no UDP port, or no node of it answers.</summary>
    DhtUnavailable,

    /// <summary>The value can't be an item of the DHT: too long, or not bencoded.</summary>
    BadDhtItem,
}

/// <summary>Thrown by <see cref="TorrentSession"/> when a request can't be met; nothing was changed.</summary>
public sealed class SessionException : InvalidOperationException
{
    /// <summary>Names what can't be met.</summary>
    public SessionException(SessionErrorId id, string message, Exception? inner = null)
        : base(message, inner) => Id = id;

    /// <summary>The stable name.</summary>
    public SessionErrorId Id { get; }
}
