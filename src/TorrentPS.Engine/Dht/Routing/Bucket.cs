using System.Runtime.InteropServices;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Routing;

/// <summary>The nodes that share exactly so many leading bits with us, and those that wait for a place among them.</summary>
internal sealed class Bucket
{
    /// <summary>How many may wait: a bucket's worth.</summary>
    private const int MaxReplacements = DhtNodeSettings.BucketSize;

    private readonly List<NodeEntry> _live = new(DhtNodeSettings.BucketSize);
    private readonly List<NodeEntry> _replacements = [];

    public ReadOnlySpan<NodeEntry> Live => CollectionsMarshal.AsSpan(_live);

    public ReadOnlySpan<NodeEntry> Replacements => CollectionsMarshal.AsSpan(_replacements);

    /// <summary>When a node was last added or answered.</summary>
    public long LastChanged { get; set; }

    /// <summary>When we last looked for nodes that belong here.</summary>
    public long LastSearched { get; set; }

    /// <summary>Whether a place is free.</summary>
    public bool HasPlace => _live.Count < DhtNodeSettings.BucketSize;

    /// <summary>Whether a node would be of use here, if only to wait.</summary>
    public bool HasRoom => HasPlace || _replacements.Count < MaxReplacements;

    /// <summary>Takes a node that answered, if there is a place.</summary>
    /// <param name="contact">The node.</param>
    /// <param name="dropped">The node that had to go for it.</param>
    /// <returns>Whether it was taken, live or as a replacement.</returns>
    public bool Add(NodeEntry contact, out NodeEntry? dropped)
    {
        dropped = null;

        // One owner's neighbouring addresses get one place.
        if (contact.Address.IsPublic && (SharesNetwork(_live, contact) || SharesNetwork(_replacements, contact)))
            return false;
        if (HasPlace)
        {
            _live.Add(contact);
            return true;
        }

        int loser = _live.FindIndex(other => other.IsBad);
        if (loser < 0 && contact.IsTrusted)
            loser = _live.FindIndex(other => !other.IsTrusted);
        if (loser >= 0)
        {
            dropped = _live[loser];
            _live[loser] = contact;
            return true;
        }

        if (_replacements.Count == MaxReplacements)
        {
            int oldest = _replacements.FindIndex(other => !other.IsTrusted);
            oldest = Math.Max(oldest, 0);
            dropped = _replacements[oldest];
            _replacements.RemoveAt(oldest);
        }

        _replacements.Add(contact);
        return true;
    }

    public void Remove(NodeEntry contact)
    {
        if (!_replacements.Remove(contact) && _live.Remove(contact) && _replacements.Count > 0)
            Promote();
    }

    /// <summary>Whether the node has a place and another waits for it.</summary>
    public bool CanReplace(NodeEntry contact) => _replacements.Count > 0 && _live.Contains(contact);

    /// <summary>The trusted one last added, else the last.</summary>
    private void Promote()
    {
        int best = _replacements.FindLastIndex(other => other.IsTrusted);
        best = best < 0 ? _replacements.Count - 1 : best;
        _live.Add(_replacements[best]);
        _replacements.RemoveAt(best);
    }

    private static bool SharesNetwork(List<NodeEntry> contacts, NodeEntry contact)
    {
        NodeAddress network = contact.Address.Network;
        foreach (NodeEntry other in contacts)
        {
            if (other.Address.Network == network)
                return true;
        }

        return false;
    }
}
