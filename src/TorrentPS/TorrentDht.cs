using System.Net.Sockets;
using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>Our DHT node in one address family at one moment: the two families are two networks. Counts are since it opened, sizes are bytes.</summary>
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

    /// <summary>Its id in lower-case hex.</summary>
    public string NodeId { get; }

    /// <summary>Where other nodes see us, as most of them say; null before they said.</summary>
    public string? ExternalAddress { get; }

    /// <summary>Nodes it knows that answered lately.</summary>
    public int Nodes { get; }

    /// <summary>Nodes it knows and has not heard of for a while.</summary>
    public int Questionable { get; }

    /// <summary>Nodes that wait for a place in the routing table.</summary>
    public int Replacements { get; }

    /// <summary>The routing table, from the farthest nodes to the nearest.</summary>
    public TorrentDhtBucket[] Buckets { get; }

    /// <summary>Searches under way.</summary>
    public int Lookups { get; }

    /// <summary>UDP payload received.</summary>
    public long BytesReceived { get; }

    /// <summary>UDP payload sent.</summary>
    public long BytesSent { get; }

    /// <summary>Packets received.</summary>
    public long MessagesReceived { get; }

    /// <summary>Packets sent.</summary>
    public long MessagesSent { get; }

    /// <summary>Packets left unanswered: a rate limit was reached, or more came than could be handled.</summary>
    public long Dropped { get; }

    /// <summary>Torrents of which others announced themselves to us.</summary>
    public int StoredTorrents { get; }

    /// <summary>Peers that announced themselves to us.</summary>
    public int StoredPeers { get; }

    /// <summary>Items that others entrusted to us.</summary>
    public int StoredItems { get; }

    /// <summary>The family and how many nodes it knows.</summary>
    public override string ToString() => $"{Family}: {(Nodes == 1 ? "1 node" : $"{Nodes} nodes")}";
}
