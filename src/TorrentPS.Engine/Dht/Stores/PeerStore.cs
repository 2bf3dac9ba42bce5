using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Stores;

/// <summary>The peers that announced themselves to us (BEP 5, "announce_peer"), of a bounded number of torrents and for a limited time.</summary>
/// <remarks>When there is no room, what was not announced longest goes: real peers repeat their announces.</remarks>
internal sealed class PeerStore(DhtNodeSettings settings)
{
    private const long SweepInterval = DhtClock.Minute;

    private readonly Dictionary<NodeId, LinkedListNode<StoredPeers>> _torrents = [];

    /// <summary>By their last announce, the oldest first.</summary>
    private readonly LinkedList<StoredPeers> _order = [];

    private long _swept;

    public int TorrentCount => _torrents.Count;

    public int PeerCount { get; private set; }

    /// <summary>The torrents, that announced last at the end.</summary>
    public IEnumerable<NodeId> Torrents => _order.Select(peers => peers.Torrent);

    public StoredPeers? Find(NodeId torrent) => _torrents.TryGetValue(torrent, out LinkedListNode<StoredPeers>? node) ? node.Value : null;

    public void Add(NodeId torrent, NodeAddress peer, bool isSeed, long now)
    {
        if (_torrents.TryGetValue(torrent, out LinkedListNode<StoredPeers>? node))
        {
            _order.Remove(node);
        }
        else
        {
            if (_torrents.Count >= settings.MaxTorrents)
                Drop(_order.First!);
            node = new LinkedListNode<StoredPeers>(new StoredPeers(torrent));
            _torrents.Add(torrent, node);
        }

        _order.AddLast(node);
        long expires = now + (long)settings.PeerLifetime.TotalMilliseconds;
        if (node.Value.Add(new StoredPeer(peer, expires, isSeed), settings.MaxPeersPerTorrent))
            PeerCount++;
        while (PeerCount > settings.MaxPeers && _order.First != node)
            Drop(_order.First!);
        if (PeerCount > settings.MaxPeers)
            PeerCount -= node.Value.RemoveOldest();
    }

    public void Tick(long now)
    {
        if (now - _swept < SweepInterval)
            return;
        _swept = now;
        for (LinkedListNode<StoredPeers>? node = _order.First; node is not null;)
        {
            LinkedListNode<StoredPeers>? next = node.Next;
            PeerCount -= node.Value.RemoveExpired(now);
            if (node.Value.All.IsEmpty)
                Drop(node);
            node = next;
        }
    }

    private void Drop(LinkedListNode<StoredPeers> node)
    {
        PeerCount -= node.Value.All.Length;
        _torrents.Remove(node.Value.Torrent);
        _order.Remove(node);
    }
}
