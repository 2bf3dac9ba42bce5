using System.Runtime.InteropServices;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Stores;

/// <summary>A peer that announced itself.</summary>
/// <param name="Address">Where it listens.</param>
/// <param name="Expires">When it is forgotten, in milliseconds of the node's clock.</param>
/// <param name="IsSeed">Whether it said that it has everything (BEP 33).</param>
internal readonly record struct StoredPeer(NodeAddress Address, long Expires, bool IsSeed);

/// <summary>The peers of one torrent.</summary>
internal sealed class StoredPeers(NodeId torrent)
{
    /// <summary>In the order of their last announce, the oldest first.</summary>
    private readonly List<StoredPeer> _peers = new(1);

    public NodeId Torrent { get; } = torrent;

    public ReadOnlySpan<StoredPeer> All => CollectionsMarshal.AsSpan(_peers);

    /// <summary>Adds a peer or renews it; in the public network a host has one place (BEP 33, "changed announce accounting").</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="max">How many may be kept; the oldest goes.</param>
    /// <returns>Whether there is one more.</returns>
    public bool Add(StoredPeer peer, int max)
    {
        bool isPublic = peer.Address.IsPublic;
        int known = _peers.FindIndex(other => isPublic ? other.Address.Host == peer.Address.Host : other.Address == peer.Address);
        bool replaces = known >= 0 || _peers.Count >= max;
        if (replaces)
            _peers.RemoveAt(Math.Max(known, 0));

        // Most torrents have few peers: lists that double would be half empty.
        if (_peers.Count == _peers.Capacity)
            _peers.Capacity += 1 + (_peers.Count / 4);
        _peers.Add(peer);
        return !replaces;
    }

    public int RemoveOldest()
    {
        _peers.RemoveAt(0);
        return 1;
    }

    public int RemoveExpired(long now) => _peers.RemoveAll(peer => peer.Expires <= now);
}
