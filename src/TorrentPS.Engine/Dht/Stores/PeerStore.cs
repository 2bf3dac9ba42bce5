using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Stores;

/// <summary>
/// The peers that other nodes announced to this node (BEP 5, "announce_peer"). The numbers of torrents and peers are
/// limited, and each peer expires.
/// </summary>
/// <remarks>
/// If the store is full, the torrent whose last announce is oldest is removed. Torrents with active peers remain,
/// because their peers announce repeatedly.
/// </remarks>
internal sealed class PeerStore(DhtNodeSettings settings)
{
    /// <summary>Milliseconds between two searches for expired peers.</summary>
    private const long ExpiryInterval = DhtClock.Minute;

    private readonly Dictionary<NodeId, LinkedListNode<StoredPeers>> _torrents = [];

    /// <summary>The torrents in the order of their last announce, oldest first.</summary>
    private readonly LinkedList<StoredPeers> _order = [];

    private long _lastExpiry;

    public int TorrentCount => _torrents.Count;

    public int PeerCount { get; private set; }

    public IEnumerable<NodeId> Torrents => _order.Select(peers => peers.Torrent);

    public StoredPeers? Find(NodeId torrent) =>
        _torrents.TryGetValue(torrent, out LinkedListNode<StoredPeers>? node) ? node.Value : null;

    public void Add(NodeId torrent, NodeAddress peer, bool isSeed, long now)
    {
        if (_torrents.TryGetValue(torrent, out LinkedListNode<StoredPeers>? node))
        {
            _order.Remove(node);
        }
        else
        {
            if (_torrents.Count >= settings.MaxTorrents)
                Remove(_order.First!);
            node = new LinkedListNode<StoredPeers>(new StoredPeers(torrent));
            _torrents.Add(torrent, node);
        }

        _order.AddLast(node);
        long expires = now + (long)settings.PeerLifetime.TotalMilliseconds;
        if (node.Value.Add(new StoredPeer(peer, expires, isSeed), settings.MaxPeersPerTorrent))
            PeerCount++;
        while (PeerCount > settings.MaxPeers && _order.First != node)
            Remove(_order.First!);
        if (PeerCount > settings.MaxPeers)
        {
            node.Value.RemoveOldest();
            PeerCount--;
        }
    }

    public void Tick(long now)
    {
        if (now - _lastExpiry < ExpiryInterval)
            return;
        _lastExpiry = now;
        for (LinkedListNode<StoredPeers>? node = _order.First; node is not null;)
        {
            LinkedListNode<StoredPeers>? next = node.Next;
            PeerCount -= node.Value.RemoveExpired(now);
            if (node.Value.All.IsEmpty)
                Remove(node);
            node = next;
        }
    }

    private void Remove(LinkedListNode<StoredPeers> node)
    {
        PeerCount -= node.Value.All.Length;
        _torrents.Remove(node.Value.Torrent);
        _order.Remove(node);
    }
}
