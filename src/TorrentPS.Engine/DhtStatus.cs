using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine;

/// <summary>A snapshot of the DHT nodes that a session runs, one per address family (BEP 5, BEP 32).</summary>
public sealed record DhtStatus
{
    /// <summary>The UDP port of the IPv4 node, or of the IPv6 node if there is no IPv4 node.</summary>
    public required int Port { get; init; }

    /// <summary>
    /// The session's nodes: one for each address family in which a UDP socket could be opened. IPv4 and IPv6 are two
    /// separate DHTs (BEP 32).
    /// </summary>
    public required IReadOnlyList<DhtNodeStatus> Nodes { get; init; }

    /// <summary>Whether at least one of <see cref="Nodes"/> has a good node in its routing table.</summary>
    public bool IsConnected => Nodes.Any(node => node.Good > 0);
}

/// <summary>
/// A snapshot of this client's DHT node of one address family. The byte and packet counts start at 0 when the DHT is
/// opened.
/// </summary>
public sealed record DhtNodeStatus
{
    /// <summary>
    /// The address family: <see cref="AddressFamily.InterNetwork"/> (IPv4) or <c>InterNetworkV6</c> (IPv6).
    /// </summary>
    public required AddressFamily Family { get; init; }

    /// <summary>The node id in lower-case hex.</summary>
    public required string NodeId { get; init; }

    /// <summary>
    /// This host's public address as most responding nodes report it (BEP 42); null until enough nodes have reported
    /// an address.
    /// </summary>
    public IPAddress? ExternalAddress { get; init; }

    /// <summary>
    /// Number of good nodes in the routing table (BEP 5). A good node answered or sent a query within the last 15
    /// minutes, and fewer than two queries to it timed out since its last answer.
    /// </summary>
    public int Good { get; init; }

    /// <summary>Number of nodes in the routing table that are not good.</summary>
    public int Questionable { get; init; }

    /// <summary>
    /// Number of nodes in the replacement caches (libtorrent's term): nodes that answered while their bucket was full.
    /// They replace nodes that are removed from the routing table.
    /// </summary>
    public int Replacements { get; init; }

    /// <summary>
    /// The buckets of the routing table, from the nodes farthest from this node's id to the closest.
    /// </summary>
    public IReadOnlyList<DhtBucketStatus> Buckets { get; init; } = [];

    /// <summary>Number of lookups in progress.</summary>
    public int Lookups { get; init; }

    /// <summary>Bytes of UDP payload received.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Bytes of UDP payload sent.</summary>
    public long BytesSent { get; init; }

    /// <summary>Number of UDP packets received.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>Number of UDP packets sent.</summary>
    public long MessagesSent { get; init; }

    /// <summary>
    /// Number of received packets that were dropped, because a rate or amplification limit was reached or a queue was
    /// full.
    /// </summary>
    public long Dropped { get; init; }

    /// <summary>Number of torrents for which peers are stored at this node (<c>announce_peer</c>, BEP 5).</summary>
    public int StoredTorrents { get; init; }

    /// <summary>Number of peers stored at this node. A peer stored for several torrents counts once for each.</summary>
    public int StoredPeers { get; init; }

    /// <summary>Number of items stored at this node (<c>put</c>, BEP 44).</summary>
    public int StoredItems { get; init; }
}

/// <summary>A snapshot of one bucket of a DHT node's routing table (BEP 5, "Routing Table").</summary>
/// <param name="PrefixLength">
/// Number of leading bits that the bucket's nodes share with this node's id. The last bucket also contains all nodes
/// that share more bits.
/// </param>
/// <param name="Good">Number of good nodes (BEP 5).</param>
/// <param name="Questionable">Number of nodes in the bucket that are not good.</param>
/// <param name="Replacements">
/// Number of nodes in the bucket's replacement cache. They replace nodes that are removed from the bucket.
/// </param>
public sealed record DhtBucketStatus(int PrefixLength, int Good, int Questionable, int Replacements);
