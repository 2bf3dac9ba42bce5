using TorrentPS.Engine;

namespace TorrentPS;

/// <summary>One bucket of a DHT node's routing table.</summary>
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

    /// <summary>How many leading bits its nodes share with our id; the last bucket holds all that share more.</summary>
    public int PrefixLength { get; }

    /// <summary>Its nodes that answered lately.</summary>
    public int Nodes { get; }

    /// <summary>Its nodes not heard of for a while.</summary>
    public int Questionable { get; }

    /// <summary>Nodes that wait for a place in it.</summary>
    public int Replacements { get; }

    /// <summary>The prefix and how many nodes it holds.</summary>
    public override string ToString() => $"/{PrefixLength}: {Nodes}";
}
