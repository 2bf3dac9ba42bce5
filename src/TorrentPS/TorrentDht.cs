using System.Net.Sockets;
using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>Status of this client's DHT node of one address family. IPv4 and IPv6 are separate DHTs (BEP 32).</summary>
/// <remarks>Byte and packet counts begin when the node starts.</remarks>
public sealed class TorrentDht
{
    internal TorrentDht(DhtNodeStatus node, int port)
    {
        Family = node.Family == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";
        Port = port;
        NodeId = node.NodeId;
        ExternalAddress = node.ExternalAddress?.ToString();
        Nodes = node.Good;
        Questionable = node.Questionable;
        Replacements = node.Replacements;
        Buckets = [.. node.Buckets.Select(bucket => new TorrentDhtBucket(this, bucket))];
        Lookups = node.Lookups;
        BytesReceived = node.BytesReceived;
        BytesSent = node.BytesSent;
        MessagesReceived = node.MessagesReceived;
        MessagesSent = node.MessagesSent;
        Dropped = node.Dropped;
        StoredTorrents = node.StoredTorrents;
        StoredPeers = node.StoredPeers;
        StoredItems = node.StoredItems;
    }

    /// <summary>Address family: IPv4 or IPv6.</summary>
    public string Family { get; }

    /// <summary>UDP port on which the node receives.</summary>
    public int Port { get; }

    /// <summary>The node id in lower-case hexadecimal.</summary>
    public string NodeId { get; }

    /// <summary>
    /// This host's address as most responding nodes report it (BEP 42); null until enough nodes have reported an
    /// address.
    /// </summary>
    public string? ExternalAddress { get; }

    /// <summary>Number of good nodes in the routing table (BEP 5).</summary>
    public int Nodes { get; }

    /// <summary>Number of questionable and bad nodes in the routing table (BEP 5).</summary>
    public int Questionable { get; }

    /// <summary>
    /// Number of nodes in the replacement caches. These nodes answered while their bucket was full, and replace nodes
    /// that are removed from the bucket.
    /// </summary>
    public int Replacements { get; }

    /// <summary>
    /// Buckets of the routing table. The first bucket has the nodes that are farthest from this node's id.
    /// </summary>
    public FlatList<TorrentDhtBucket> Buckets { get; }

    /// <summary>Number of lookups in progress.</summary>
    public int Lookups { get; }

    /// <summary>Bytes of UDP payload received.</summary>
    public long BytesReceived { get; }

    /// <summary>Bytes of UDP payload sent.</summary>
    public long BytesSent { get; }

    /// <summary>Number of UDP packets received.</summary>
    public long MessagesReceived { get; }

    /// <summary>Number of UDP packets sent.</summary>
    public long MessagesSent { get; }

    /// <summary>
    /// Number of received packets that were ignored, because a rate or amplification limit was reached or a queue was
    /// full.
    /// </summary>
    public long Dropped { get; }

    /// <summary>Number of torrents for which this node stores peers (<c>announce_peer</c>, BEP 5).</summary>
    public int StoredTorrents { get; }

    /// <summary>
    /// Number of peers that this node stores. A peer stored for several torrents counts once for each.
    /// </summary>
    public int StoredPeers { get; }

    /// <summary>Number of items that this node stores (<c>put</c>, BEP 44).</summary>
    public int StoredItems { get; }

    /// <summary>Returns the address family and the number of good nodes.</summary>
    public override string ToString() => $"{Family}: {(Nodes == 1 ? "1 node" : $"{Nodes} nodes")}";
}
