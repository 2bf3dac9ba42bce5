using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// Stores peers of public torrents for the next start. Thread-safe. I/O errors cause no exceptions: peers that cannot
/// be read are not returned, and changes that cannot be written are dropped. <see cref="Status"/> reports the error.
/// </summary>
internal interface IPeerCache : IAsyncDisposable
{
    /// <summary>Whether the cache works, and a message for the user if it does not work.</summary>
    DiscoveryStatus Status { get; }

    /// <summary>
    /// Returns a torrent's cached peers in batches. Each batch begins with the peers whose
    /// <see cref="CachedPeer.LastSeen"/> is latest.
    /// </summary>
    IAsyncEnumerable<IReadOnlyList<CachedPeer>> FindAsync(InfoHash torrent, CancellationToken cancellation);

    /// <summary>
    /// Adds peers to a torrent's entry, or updates peers that the entry already contains. The entry is written in the
    /// background.
    /// </summary>
    void Add(InfoHash torrent, IReadOnlyList<CachedPeer> peers);

    /// <summary>Removes a torrent's entry in the background.</summary>
    void Remove(InfoHash torrent);
}
