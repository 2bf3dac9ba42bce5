using System.Threading.Channels;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

/// <summary>The changes of a peer cache that wait to be written, in order. Thread-safe, with one reader.</summary>
internal sealed class PeerCacheQueue
{
    /// <summary>
    /// Waiting changes beyond which additions are dropped: a minute's worth for hundreds of torrents, in about 1 MB. Peers that are
    /// dropped are added again with the torrent's next save.
    /// </summary>
    public const int Capacity = 1000;

    private readonly Channel<PeerCacheChange> _changes = Channel.CreateUnbounded<PeerCacheChange>();

    /// <summary>Queues an addition, or drops it when <see cref="Capacity"/> changes wait already.</summary>
    public void Add(InfoHash torrent, PeerCacheEntry added)
    {
        if (_changes.Reader.Count < Capacity)
            _changes.Writer.TryWrite(new PeerCacheChange(torrent, added));
    }

    /// <summary>
    /// Queues the deletion of a torrent's entry. It is never dropped, because the torrent may have turned out to be private (BEP 27).
    /// </summary>
    public void Forget(InfoHash torrent) => _changes.Writer.TryWrite(new PeerCacheChange(torrent, null));

    /// <summary>Returns the changes as they come, until <see cref="Complete"/> was called and none are left.</summary>
    public IAsyncEnumerable<PeerCacheChange> ReadAllAsync() => _changes.Reader.ReadAllAsync();

    /// <summary>Refuses further changes.</summary>
    public void Complete() => _changes.Writer.TryComplete();
}

/// <summary>One change of a peer cache.</summary>
/// <param name="Torrent">The changed torrent.</param>
/// <param name="Added">The peers and answers to add, or null to delete the torrent's entry.</param>
internal readonly record struct PeerCacheChange(InfoHash Torrent, PeerCacheEntry? Added);
