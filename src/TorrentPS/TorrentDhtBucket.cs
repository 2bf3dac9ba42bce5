using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>One bucket of a DHT routing table (BEP 5).</summary>
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

    /// <summary>IPv4 or IPv6.</summary>
    public string Family { get; }

    /// <summary>
    /// Number of leading bits that the bucket's node ids share with this client's id. The last bucket also has nodes
    /// that share more.
    /// </summary>
    public int PrefixLength { get; }

    /// <summary>Number of good nodes: they answered recently.</summary>
    public int Nodes { get; }

    /// <summary>Number of questionable nodes: they were silent for some time.</summary>
    public int Questionable { get; }

    /// <summary>Number of replacement candidates for the bucket.</summary>
    public int Replacements { get; }

    /// <summary>The prefix length and the number of good nodes.</summary>
    public override string ToString() => $"/{PrefixLength}: {Nodes}";
}
