using System.Net.Sockets;
using System.Net;

namespace TorrentPS.Engine;

/// <summary>A session's part in the DHT at one moment.</summary>
public sealed record DhtStatus
{
    /// <summary>The UDP port of its nodes.</summary>
    public required int Port { get; init; }

    /// <summary>One node for each address family that can be used: the two families are two networks (BEP 32).</summary>
    public required IReadOnlyList<DhtNodeStatus> Nodes { get; init; }

    /// <summary>Whether any node knows others that answer.</summary>
    public bool IsConnected => Nodes.Any(node => node.Good > 0);
}

/// <summary>Our DHT node of one address family at one moment; counts are since it opened.</summary>
public sealed record DhtNodeStatus
{
    /// <summary>Which network it is part of.</summary>
    public required AddressFamily Family { get; init; }

    /// <summary>Its id, lower-case hex.</summary>
    public required string NodeId { get; init; }

    /// <summary>Where other nodes see us, as most of them say (BEP 42); null before they said.</summary>
    public IPAddress? ExternalAddress { get; init; }

    /// <summary>Nodes in the routing table that answered lately.</summary>
    public int Good { get; init; }

    /// <summary>Nodes in the routing table not heard of for a while.</summary>
    public int Questionable { get; init; }

    /// <summary>Nodes that wait for a place in the routing table.</summary>
    public int Replacements { get; init; }

    /// <summary>The routing table, from the farthest nodes to the nearest.</summary>
    public IReadOnlyList<DhtBucketStatus> Buckets { get; init; } = [];

    /// <summary>Searches under way.</summary>
    public int Lookups { get; init; }

    /// <summary>UDP payload received, in bytes.</summary>
    public long BytesReceived { get; init; }

    /// <summary>UDP payload sent, in bytes.</summary>
    public long BytesSent { get; init; }

    /// <summary>Packets received.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>Packets sent.</summary>
    public long MessagesSent { get; init; }

    /// <summary>Packets left unanswered because a rate limit was reached, or more came than could be handled.</summary>
    public long Dropped { get; init; }

    /// <summary>Torrents of which others announced themselves to us.</summary>
    public int StoredTorrents { get; init; }

    /// <summary>Peers that announced themselves to us.</summary>
    public int StoredPeers { get; init; }

    /// <summary>Items that others entrusted to us (BEP 44).</summary>
    public int StoredItems { get; init; }
}

/// <summary>One bucket of a DHT node's routing table (BEP 5, "routing table").</summary>
/// <param name="PrefixLength">How many leading bits its nodes share with our id; the last bucket holds all that share more.</param>
/// <param name="Good">Its nodes that answered lately.</param>
/// <param name="Questionable">Its nodes not heard of for a while.</param>
/// <param name="Replacements">Nodes that wait for a place in it.</param>
public sealed record DhtBucketStatus(int PrefixLength, int Good, int Questionable, int Replacements);
