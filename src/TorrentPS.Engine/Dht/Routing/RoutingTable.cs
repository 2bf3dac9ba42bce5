using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Routing;

/// <summary>The nodes we know (BEP 5, "routing table"): many near us, few far away. Only nodes that answered us get in.</summary>
internal sealed class RoutingTable(NodeId ownId)
{
    /// <summary>Queries in a row without an answer after which a node goes even if none waits for its place.</summary>
    private const int FailuresToBeDropped = 6;

    private readonly Bucket?[] _buckets = new Bucket?[NodeId.Bits];

    /// <summary>Every node by where it is; in the public network a host is one node, whatever its port.</summary>
    private readonly Dictionary<NodeAddress, NodeEntry> _byAddress = [];

    private int _deepest = -1;

    public NodeId OwnId { get; private set; } = ownId;

    /// <summary>Nodes with a place; those that wait do not count.</summary>
    public int Count { get; private set; }

    /// <summary>The buckets from the farthest to the nearest that has nodes; null where none was ever needed.</summary>
    public ReadOnlySpan<Bucket?> Buckets => _buckets.AsSpan(0, _deepest + 1);

    public NodeEntry? Find(NodeAddress address) =>
        _byAddress.TryGetValue(Place(address), out NodeEntry? contact) && contact.Address == address ? contact : null;

    /// <summary>Whether a node that we know nothing of would be of use, if only to wait for a place.</summary>
    public bool Wants(NodeId id, NodeAddress address) => IsNew(id, address) && (_buckets[BucketOf(id)]?.HasRoom ?? true);

    /// <summary>Whether there is a place for a node that we know nothing of.</summary>
    public bool Lacks(NodeId id, NodeAddress address) => IsNew(id, address) && (_buckets[BucketOf(id)]?.HasPlace ?? true);

    /// <summary>A node answered us.</summary>
    public void Answered(NodeId id, NodeAddress address, long now)
    {
        if (id == OwnId || !address.IsUsable)
            return;
        if (_byAddress.TryGetValue(Place(address), out NodeEntry? known))
        {
            if (known.Id == id && known.Address == address)
            {
                known.Answered(now);
                _buckets[BucketOf(id)]!.LastChanged = now;
                return;
            }

            // Another node of the same host waits until the known one is gone; a node that changed its id begins anew.
            if (known.Address != address && !known.IsBad)
                return;
            Remove(known);
        }

        Insert(new NodeEntry(id, address, now), now);
    }

    /// <summary>A node that we asked did not answer.</summary>
    public void Failed(NodeAddress address)
    {
        if (Find(address) is not { } contact)
            return;
        contact.Failed();
        bool makesRoom = contact.IsDoubted && _buckets[BucketOf(contact.Id)]!.CanReplace(contact);
        if (makesRoom || contact.Failures >= FailuresToBeDropped)
            Remove(contact);
    }

    /// <summary>Finds the nodes nearest to a point that did not fail again and again, nearest first.</summary>
    /// <param name="target">The point.</param>
    /// <param name="nearest">Where they are put; its length is how many are wanted.</param>
    /// <returns>How many there are.</returns>
    public int FindNearest(NodeId target, Span<NodeEntry> nearest)
    {
        // Nodes of the target's bucket are nearer to it than all that share more with us, and those nearer than all that share less.
        int own = BucketOf(target);
        int count = Gather(own, target, nearest, 0, 0);
        int start = count;
        for (int i = own + 1; i <= _deepest && start < nearest.Length; i++)
            count = Gather(i, target, nearest, start, count);
        for (int i = Math.Min(own - 1, _deepest); i >= 0 && count < nearest.Length; i--)
            count = Gather(i, target, nearest, count, count);
        return count;
    }

    /// <summary>Goes to another id; the nodes keep what is known of them as far as they find a place.</summary>
    public void Rebase(NodeId id)
    {
        List<NodeEntry> all = [];
        foreach (Bucket? bucket in Buckets)
        {
            if (bucket is not null)
                all.AddRange([.. bucket.Live, .. bucket.Replacements]);
        }

        Array.Clear(_buckets);
        _byAddress.Clear();
        _deepest = -1;
        Count = 0;
        OwnId = id;
        foreach (NodeEntry contact in all.Where(contact => contact.Id != id))
            Insert(contact, contact.LastAnswer);
    }

    private bool IsNew(NodeId id, NodeAddress address) => id != OwnId && address.IsUsable && !_byAddress.ContainsKey(Place(address));

    private static NodeAddress Place(NodeAddress address) => address.IsPublic ? address.Host : address;

    private static int Gather(Bucket? bucket, NodeId target, Span<NodeEntry> nearest, int start, int count)
    {
        if (bucket is null)
            return count;
        foreach (NodeEntry contact in bucket.Live)
        {
            if (contact.IsDoubted)
                continue;
            int at = count;
            while (at > start && target.CompareDistance(contact.Id, nearest[at - 1].Id) < 0)
                at--;
            if (at == nearest.Length)
                continue;
            count = Math.Min(count + 1, nearest.Length);
            nearest[at..(count - 1)].CopyTo(nearest[(at + 1)..]);
            nearest[at] = contact;
        }

        return count;
    }

    private int Gather(int bucket, NodeId target, Span<NodeEntry> nearest, int start, int count) =>
        Gather(_buckets[bucket], target, nearest, start, count);

    private int BucketOf(NodeId id) => Math.Min(OwnId.CommonPrefixLength(id), NodeId.Bits - 1);

    private void Insert(NodeEntry contact, long now)
    {
        int index = BucketOf(contact.Id);
        Bucket bucket = _buckets[index] ??= new Bucket();
        int before = bucket.Live.Length;
        if (!bucket.Add(contact, out NodeEntry? dropped))
            return;
        if (dropped is not null)
            _byAddress.Remove(Place(dropped.Address));
        _byAddress[Place(contact.Address)] = contact;
        Count += bucket.Live.Length - before;
        bucket.LastChanged = Math.Max(bucket.LastChanged, now);
        _deepest = Math.Max(_deepest, index);
    }

    private void Remove(NodeEntry contact)
    {
        Bucket bucket = _buckets[BucketOf(contact.Id)]!;
        int before = bucket.Live.Length;
        bucket.Remove(contact);
        Count += bucket.Live.Length - before;
        _byAddress.Remove(Place(contact.Address));
    }
}
