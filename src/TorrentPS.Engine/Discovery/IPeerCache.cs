using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// Stores peers of public torrents for the next start. Thread-safe. I/O errors cause no exception: peers that can't
/// be read aren't returned, changes that can't be written are dropped, and <see cref="Status"/> reports the error.
/// </summary>
internal interface IPeerCache : IAsyncDisposable
{
    /// <summary>Whether the cache works, and if not, an explanation for the user.</summary>
    DiscoveryStatus Status { get; }

    /// <summary>
    /// Returns a torrent's cached peers in batches, as they become available. Each batch begins with the peers that
    /// most recently transferred content or accepted a connection.
    /// </summary>
    IAsyncEnumerable<IReadOnlyList<CachedPeer>> FindAsync(InfoHash torrent, CancellationToken cancellation);

    /// <summary>
    /// Adds peers to a torrent's entry, or updates those that it already contains. The entry is written in the
    /// background.
    /// </summary>
    void Add(InfoHash torrent, IReadOnlyList<CachedPeer> peers);

    /// <summary>Removes a torrent's entry, in the background.</summary>
    void Remove(InfoHash torrent);
}
