using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>One bucket of the routing table of a DHT node (BEP 5).</summary>
public sealed class TorrentDhtBucket
{
    internal TorrentDhtBucket(TorrentDht node, DhtBucketStatus bucket)
    {
        Family = node.Family;
        PrefixLength = bucket.PrefixLength;
        Nodes = bucket.Good;
        Questionable = bucket.Questionable;
        Replacements = bucket.Replacements;
    }

    /// <summary>Address family of the node: IPv4 or IPv6.</summary>
    public string Family { get; }

    /// <summary>
    /// Number of leading bits that the ids of the bucket's nodes share with the local node's id. The last bucket also
    /// contains all nodes that share more bits.
    /// </summary>
    public int PrefixLength { get; }

    /// <summary>Number of good nodes in the bucket (BEP 5).</summary>
    public int Nodes { get; }

    /// <summary>Number of questionable and bad nodes in the bucket (BEP 5).</summary>
    public int Questionable { get; }

    /// <summary>
    /// Number of nodes in the bucket's replacement cache. These nodes answered while the bucket was full, and replace
    /// nodes that are removed from the bucket.
    /// </summary>
    public int Replacements { get; }

    /// <summary>Returns the prefix length and the number of good nodes.</summary>
    public override string ToString() => $"/{PrefixLength}: {Nodes}";
}
