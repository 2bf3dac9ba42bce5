using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// Remembers the peers of public torrents from one start to the next. Thread-safe. Nothing here ever fails for its caller: what can't be
/// read is unknown, what can't be written is forgotten.
/// </summary>
internal interface IPeerCache : IAsyncDisposable
{
    /// <summary>Whether it works, and if it does not, what the user should know.</summary>
    DiscoveryStatus Status { get; }

    /// <summary>The peers remembered of a torrent, in batches as they become known; each batch has the latest first.</summary>
    IAsyncEnumerable<IReadOnlyList<CachedPeer>> FindAsync(InfoHash torrent, CancellationToken cancellation);

    /// <summary>Adds peers to those remembered, or renews them. Returns at once.</summary>
    void Remember(InfoHash torrent, IReadOnlyList<CachedPeer> peers);

    /// <summary>Forgets all about a torrent. Returns at once.</summary>
    void Forget(InfoHash torrent);
}
