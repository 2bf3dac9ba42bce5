using System.Net;
using System.Net.Sockets;

namespace TorrentPS.Engine;

/// <summary>A snapshot of a session's DHT nodes (BEP 5).</summary>
public sealed record DhtStatus
{
    /// <summary>The UDP port of the nodes.</summary>
    public required int Port { get; init; }

    /// <summary>One node for each usable address family. IPv4 and IPv6 are two separate DHTs (BEP 32).</summary>
    public required IReadOnlyList<DhtNodeStatus> Nodes { get; init; }

    /// <summary>Whether at least one of the nodes has a good node in its routing table.</summary>
    public bool IsConnected => Nodes.Any(node => node.Good > 0);
}

/// <summary>
/// A snapshot of this client's DHT node of one address family. Byte and packet counts begin when the DHT is opened.
/// </summary>
public sealed record DhtNodeStatus
{
    /// <summary>The address family: <see cref="AddressFamily.InterNetwork"/> or its IPv6 counterpart.</summary>
    public required AddressFamily Family { get; init; }

    /// <summary>The node id in lower-case hex.</summary>
    public required string NodeId { get; init; }

    /// <summary>
    /// This host's public address as most responding nodes report it (BEP 42); null before enough of them have.
    /// </summary>
    public IPAddress? ExternalAddress { get; init; }

    /// <summary>
    /// Number of good nodes in the routing table (BEP 5): seen within 15 minutes, and not failing to answer.
    /// </summary>
    public int Good { get; init; }

    /// <summary>Number of other nodes in the routing table.</summary>
    public int Questionable { get; init; }

    /// <summary>Number of nodes that wait to replace a removed node, because their bucket is full.</summary>
    public int Replacements { get; init; }

    /// <summary>The buckets of the routing table, from the farthest nodes to the closest.</summary>
    public IReadOnlyList<DhtBucketStatus> Buckets { get; init; } = [];

    /// <summary>Number of active lookups.</summary>
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
    /// Number of received packets that were ignored, because a rate or amplification limit was reached or a queue was
    /// full.
    /// </summary>
    public long Dropped { get; init; }

    /// <summary>Number of torrents for which peers are stored at this node (<c>announce_peer</c>, BEP 5).</summary>
    public int StoredTorrents { get; init; }

    /// <summary>Number of peers stored at this node, counted for each torrent.</summary>
    public int StoredPeers { get; init; }

    /// <summary>Number of items stored at this node (<c>put</c>, BEP 44).</summary>
    public int StoredItems { get; init; }
}

/// <summary>A snapshot of one bucket of a DHT node's routing table (BEP 5, "Routing Table").</summary>
/// <param name="PrefixLength">
/// Number of leading bits that the bucket's nodes share with this node's id. The last bucket also contains all nodes
/// that share more.
/// </param>
/// <param name="Good">Number of good nodes (BEP 5).</param>
/// <param name="Questionable">Number of other nodes.</param>
/// <param name="Replacements">Number of nodes that wait to replace a removed node of the bucket.</param>
public sealed record DhtBucketStatus(int PrefixLength, int Good, int Questionable, int Replacements);
