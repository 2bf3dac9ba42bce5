using System.Net.Sockets;
using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>
/// This client's DHT node in one address family at one moment; IPv4 and IPv6 are separate networks (BEP 32). Counts are
/// since the node was opened, sizes in bytes.
/// </summary>
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

    /// <summary>IPv4 or IPv6.</summary>
    public string Family { get; }

    /// <summary>The UDP port.</summary>
    public int Port { get; }

    /// <summary>The node id in lower-case hexadecimal.</summary>
    public string NodeId { get; }

    /// <summary>This client's external address, as most nodes report it (BEP 42); null before enough have.</summary>
    public string? ExternalAddress { get; }

    /// <summary>Number of good nodes in the routing table: they answered recently.</summary>
    public int Nodes { get; }

    /// <summary>Number of questionable nodes in the routing table: they were silent for some time.</summary>
    public int Questionable { get; }

    /// <summary>Number of replacement candidates for the routing table's buckets.</summary>
    public int Replacements { get; }

    /// <summary>Buckets of the routing table, from the farthest to the nearest node ids.</summary>
    public TorrentDhtBucket[] Buckets { get; }

    /// <summary>Number of running lookups.</summary>
    public int Lookups { get; }

    /// <summary>UDP payload bytes received.</summary>
    public long BytesReceived { get; }

    /// <summary>UDP payload bytes sent.</summary>
    public long BytesSent { get; }

    /// <summary>Number of packets received.</summary>
    public long MessagesReceived { get; }

    /// <summary>Number of packets sent.</summary>
    public long MessagesSent { get; }

    /// <summary>Number of packets that were not answered because of a rate limit or a full queue.</summary>
    public long Dropped { get; }

    /// <summary>Number of torrents with peers stored for other nodes.</summary>
    public int StoredTorrents { get; }

    /// <summary>Number of peers stored for other nodes.</summary>
    public int StoredPeers { get; }

    /// <summary>Number of items stored for other nodes (BEP 44).</summary>
    public int StoredItems { get; }

    /// <summary>The address family and the number of good nodes.</summary>
    public override string ToString() => $"{Family}: {(Nodes == 1 ? "1 node" : $"{Nodes} nodes")}";
}
