using System.Runtime.InteropServices;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Routing;

/// <summary>
/// A bucket of the routing table: up to eight nodes whose ids share a certain number of leading bits with this node's
/// id, and their replacements.
/// </summary>
internal sealed class Bucket
{
    /// <summary>Maximum number of replacements. It allows one for each node of a full bucket.</summary>
    private const int MaxReplacements = DhtNodeSettings.BucketSize;

    private readonly List<NodeEntry> _live = new(DhtNodeSettings.BucketSize);
    private readonly List<NodeEntry> _replacements = [];

    /// <summary>
    /// The nodes in the bucket, without replacements. Lookups start with these nodes, and responses name them.
    /// </summary>
    public ReadOnlySpan<NodeEntry> Live => CollectionsMarshal.AsSpan(_live);

    public ReadOnlySpan<NodeEntry> Replacements => CollectionsMarshal.AsSpan(_replacements);

    /// <summary>
    /// Time at which a node was last added to the bucket, or at which a node of the bucket last responded, in
    /// milliseconds of the node's clock.
    /// </summary>
    public long LastChanged { get; set; }

    /// <summary>Time at which the last refresh of the bucket started, in milliseconds of the node's clock.</summary>
    public long LastRefreshed { get; set; }

    public bool HasSpace => _live.Count < DhtNodeSettings.BucketSize;

    /// <summary>Whether the bucket or its list of replacements has space for a further node.</summary>
    public bool CanAdd => HasSpace || _replacements.Count < MaxReplacements;

    /// <summary>
    /// Adds a node that answered a query. In a full bucket, the node takes the place of a bad node. A node with a valid
    /// id can also take the place of a node with an invalid id. Otherwise the node becomes a replacement.
    /// <paramref name="dropped"/> is the node or replacement that was removed to make space, or null.
    /// </summary>
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

    public bool CanReplace(NodeEntry entry) => _replacements.Count > 0 && _live.Contains(entry);

    /// <summary>
    /// Moves a replacement into the bucket: the newest one with a valid id, or the newest one if none has a valid id.
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
