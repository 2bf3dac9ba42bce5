using System.Runtime.InteropServices;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Routing;

/// <summary>
/// A bucket of the routing table: up to eight nodes that share a certain number of leading bits with this node's id,
/// and their replacements.
/// </summary>
internal sealed class Bucket
{
    /// <summary>Maximum number of replacements: one for each node of a full bucket.</summary>
    private const int MaxReplacements = DhtNodeSettings.BucketSize;

    private readonly List<NodeEntry> _live = new(DhtNodeSettings.BucketSize);
    private readonly List<NodeEntry> _replacements = [];

    /// <summary>The nodes in the bucket. Lookups start with them, and responses name them.</summary>
    public ReadOnlySpan<NodeEntry> Live => CollectionsMarshal.AsSpan(_live);

    /// <summary>Nodes that answered while the bucket was full. One of them takes the place of a removed node.</summary>
    public ReadOnlySpan<NodeEntry> Replacements => CollectionsMarshal.AsSpan(_replacements);

    /// <summary>
    /// Time at which a node of the bucket was last added or responded, in milliseconds of the node's clock.
    /// </summary>
    public long LastChanged { get; set; }

    /// <summary>Time at which the last refresh of the bucket started, in milliseconds of the node's clock.</summary>
    public long LastRefreshed { get; set; }

    /// <summary>Whether the bucket has fewer than eight nodes.</summary>
    public bool HasSpace => _live.Count < DhtNodeSettings.BucketSize;

    /// <summary>Whether the bucket or its list of replacements has space for a further node.</summary>
    public bool CanAdd => HasSpace || _replacements.Count < MaxReplacements;

    /// <summary>
    /// Adds a node that answered a query. In a full bucket it takes the place of a bad node. If its id is valid, it can
    /// also take the place of a node with an invalid id. Otherwise it becomes a replacement.
    /// </summary>
    /// <param name="entry">The node.</param>
    /// <param name="dropped">The node or replacement that was removed to make space, or null.</param>
    /// <returns>False if a node of the same network is in the bucket or among its replacements.</returns>
    public bool Add(NodeEntry entry, out NodeEntry? dropped)
    {
        dropped = null;

        // Accepts one node per network, as neighbouring addresses often have the same owner.
        if (entry.Address.IsPublic && (SharesNetwork(_live, entry) || SharesNetwork(_replacements, entry)))
            return false;
        if (HasSpace)
        {
            _live.Add(entry);
            return true;
        }

        int replaced = _live.FindIndex(other => other.IsBad);
        if (replaced < 0 && entry.HasValidId)
            replaced = _live.FindIndex(other => !other.HasValidId);
        if (replaced >= 0)
        {
            dropped = _live[replaced];
            _live[replaced] = entry;
            return true;
        }

        if (_replacements.Count == MaxReplacements)
        {
            int oldest = _replacements.FindIndex(other => !other.HasValidId);
            oldest = Math.Max(oldest, 0);
            dropped = _replacements[oldest];
            _replacements.RemoveAt(oldest);
        }

        _replacements.Add(entry);
        return true;
    }

    public void Remove(NodeEntry entry)
    {
        if (!_replacements.Remove(entry) && _live.Remove(entry) && _replacements.Count > 0)
            Promote();
    }

    /// <summary>Whether the node is in the bucket and a replacement is available.</summary>
    public bool CanReplace(NodeEntry entry) => _replacements.Count > 0 && _live.Contains(entry);

    /// <summary>
    /// Moves the newest replacement with a valid id into the bucket, or the newest replacement if none has a valid id.
    /// </summary>
    private void Promote()
    {
        int best = _replacements.FindLastIndex(other => other.HasValidId);
        best = best < 0 ? _replacements.Count - 1 : best;
        _live.Add(_replacements[best]);
        _replacements.RemoveAt(best);
    }

    private static bool SharesNetwork(List<NodeEntry> entries, NodeEntry entry)
    {
        NodeAddress network = entry.Address.Network;
        foreach (NodeEntry other in entries)
        {
            if (other.Address.Network == network)
                return true;
        }

        return false;
    }
}
