using System.Threading.Channels;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>The changes of a peer cache that wait to be written, in order. Thread-safe, with one reader.</summary>
internal sealed class PeerCacheQueue
{
    /// <summary>
    /// Number of waiting changes above which additions are dropped. It bounds the memory while a disk or server is
    /// slow. Peers that are dropped are added again the next time the torrent saves its peers.
    /// </summary>
    public const int Capacity = 1000;

    private readonly Channel<PeerCacheChange> _changes = Channel.CreateUnbounded<PeerCacheChange>();

    /// <summary>Queues an addition, or drops it when <see cref="Capacity"/> changes are waiting.</summary>
    public void Add(InfoHash torrent, PeerCacheEntry added)
    {
        if (_changes.Reader.Count < Capacity)
            _changes.Writer.TryWrite(new PeerCacheChange(torrent, added));
    }

    /// <summary>
    /// Queues the removal of a torrent's entry. A removal is never dropped, because the torrent may have turned out to
    /// be private (BEP 27).
    /// </summary>
    public void Remove(InfoHash torrent) => _changes.Writer.TryWrite(new PeerCacheChange(torrent, null));

    /// <summary>
    /// Returns the changes as they are queued, until <see cref="Complete"/> was called and none are left.
    /// </summary>
    public IAsyncEnumerable<PeerCacheChange> ReadAllAsync() => _changes.Reader.ReadAllAsync();

    /// <summary>Refuses further changes.</summary>
    public void Complete() => _changes.Writer.TryComplete();
}

/// <summary>One change of a peer cache.</summary>
/// <param name="Torrent">The torrent whose entry changes.</param>
/// <param name="Added">The peers and responses to add, or null to remove the entry.</param>
internal readonly record struct PeerCacheChange(InfoHash Torrent, PeerCacheEntry? Added);
