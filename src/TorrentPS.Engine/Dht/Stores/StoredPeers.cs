using System.Runtime.InteropServices;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Stores;

/// <summary>A peer that was announced to this node.</summary>
/// <param name="Address">The peer's address and TCP port.</param>
/// <param name="Expires">Time at which the peer expires, in milliseconds of the node's clock.</param>
/// <param name="IsSeed">Whether the peer announced itself as a seed (BEP 33).</param>
internal readonly record struct StoredPeer(NodeAddress Address, long Expires, bool IsSeed);

internal sealed class StoredPeers(NodeId torrent)
{
    /// <summary>The peers in the order of their last announce, oldest first.</summary>
    private readonly List<StoredPeer> _peers = new(1);

    public NodeId Torrent { get; } = torrent;

    public ReadOnlySpan<StoredPeer> All => CollectionsMarshal.AsSpan(_peers);

    /// <summary>
    /// Adds a peer, or renews a known peer. Peers of one public host count as one peer, whatever their ports (BEP 33).
    /// If the torrent has <paramref name="max"/> peers, the new peer replaces the one whose last announce is oldest.
    /// </summary>
    /// <returns>Whether the number of peers grew.</returns>
    public bool Add(StoredPeer peer, int max)
    {
        bool isPublic = peer.Address.IsPublic;
        int known = _peers.FindIndex(
            other => isPublic ? other.Address.Host == peer.Address.Host : other.Address == peer.Address);
        bool replaces = known >= 0 || _peers.Count >= max;
        if (replaces)
            _peers.RemoveAt(Math.Max(known, 0));

        // Grows by a quarter instead of doubling, as most torrents have few peers.
        if (_peers.Count == _peers.Capacity)
            _peers.Capacity += 1 + (_peers.Count / 4);
        _peers.Add(peer);
        return !replaces;
    }

    public void RemoveOldest() => _peers.RemoveAt(0);

    public int RemoveExpired(long now) => _peers.RemoveAll(peer => peer.Expires <= now);
}
