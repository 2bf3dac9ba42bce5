using TorrentPS.Engine.Policy;

namespace TorrentPS.Engine.Swarm.State;

/// <summary>The peers and web seeds that disconnected last from one torrent.</summary>
internal sealed class DisconnectedPeers
{
    /// <summary>
    /// Maximum number of peers kept. A further peer replaces the one that disconnected first. 200 peers are twice the
    /// default maximum of connected peers, and take about 100 KB.
    /// </summary>
    public const int Capacity = 200;

    private readonly Queue<Entry> _entries = new();

    /// <summary>
    /// Whether the maximum number of peers is kept. Earlier disconnected peers may then have been removed.
    /// </summary>
    public bool IsFull => _entries.Count == Capacity;

    /// <summary>Adds a peer whose connection has closed.</summary>
    public void Add(Peer peer, DisconnectedPeer disconnected)
    {
        if (_entries.Count == Capacity)
            _entries.Dequeue();
        _entries.Enqueue(new Entry(peer.Index, peer.Origin, disconnected) { HashFailed = peer.HashFailed });
    }

    /// <summary>
    /// Adds bytes of a failed piece to the count of the disconnected peer that last had the peer index. The index is
    /// not reused while a partial piece contains blocks of that peer.
    /// </summary>
    public void AddHashFailed(PeerIndex index, int bytes)
    {
        if (_entries.LastOrDefault(entry => entry.Index == index) is { } last)
            last.HashFailed += bytes;
    }

    /// <summary>Returns the peers in the order in which they disconnected.</summary>
    /// <param name="isBanned">Returns whether an origin is banned now.</param>
    public IReadOnlyList<DisconnectedPeer> ToList(Predicate<PeerOrigin> isBanned) =>
    [
        .. _entries.Select(entry => entry.Disconnected with
        {
            Peer = entry.Disconnected.Peer with { HashFailed = entry.HashFailed },
            IsBanned = isBanned(entry.Origin),
        }),
    ];

    private sealed record Entry(PeerIndex Index, PeerOrigin Origin, DisconnectedPeer Disconnected)
    {
        public long HashFailed { get; set; }
    }
}
