using System.Threading.Channels;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>
/// The changes of a peer cache that wait to be written, in the order in which they were added. Any thread can add
/// changes. One task reads them.
/// </summary>
internal sealed class PeerCacheQueue
{
    /// <summary>
    /// Maximum number of waiting changes. At this number, further additions are dropped, so that a slow disk or server
    /// does not cause unlimited memory use. Dropped peers are added again when the torrent next saves its peers.
    /// </summary>
    public const int Capacity = 1000;

    private readonly Channel<PeerCacheChange> _changes = Channel.CreateUnbounded<PeerCacheChange>();

    /// <summary>
    /// Queues an addition to a torrent's entry. Drops the addition if <see cref="Capacity"/> changes are waiting.
    /// </summary>
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
    /// Removes and returns the changes in the order in which they were queued. Ends after <see cref="Complete"/> was
    /// called and no change is left.
    /// </summary>
    public IAsyncEnumerable<PeerCacheChange> ReadAllAsync() => _changes.Reader.ReadAllAsync();

    /// <summary>Ends the queue. Further changes are ignored. Waiting changes can still be read.</summary>
    public void Complete() => _changes.Writer.TryComplete();
}

/// <summary>A change of one torrent's entry in a peer cache.</summary>
/// <param name="Torrent">The torrent whose entry changes.</param>
/// <param name="Added">The peers to add to the entry; null to remove the entry.</param>
internal readonly record struct PeerCacheChange(InfoHash Torrent, PeerCacheEntry? Added);
