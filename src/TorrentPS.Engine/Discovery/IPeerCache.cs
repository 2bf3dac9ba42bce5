using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// Stores peers of public torrents for the next start. Thread-safe. No method fails: peers that can't be read are not
/// returned, and changes that can't be written are dropped.
/// </summary>
internal interface IPeerCache : IAsyncDisposable
{
    /// <summary>Whether the cache works, and if not, an explanation for the user.</summary>
    DiscoveryStatus Status { get; }

    /// <summary>
    /// Returns a torrent's cached peers in batches, as they become available. Each batch has the latest peers first.
    /// </summary>
    IAsyncEnumerable<IReadOnlyList<CachedPeer>> FindAsync(InfoHash torrent, CancellationToken cancellation);

    /// <summary>Adds peers, or updates them. Returns at once.</summary>
    void Add(InfoHash torrent, IReadOnlyList<CachedPeer> peers);

    /// <summary>Removes a torrent's entry. Returns at once.</summary>
    void Remove(InfoHash torrent);
}
