using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Routing;

/// <summary>
/// The routing table (BEP 5, "routing table"): many of the nodes close to this node's id and few of the distant ones.
/// Only nodes that answered a query are added.
/// </summary>
internal sealed class RoutingTable(NodeId ownId)
{
    /// <summary>
    /// Number of consecutive unanswered queries at which a node is removed, even if no replacement is available. A bad
    /// node without a replacement is kept until then, because it may respond again after a short outage.
    /// </summary>
    private const int MaxFailures = 6;

    private readonly Bucket?[] _buckets = new Bucket?[NodeId.Bits];

    /// <summary>
    /// All nodes and replacements by address. The key of a public address has port 0, so that each public host has at
    /// most one entry.
    /// </summary>
    private readonly Dictionary<NodeAddress, NodeEntry> _byAddress = [];

    /// <summary>Highest index of a used bucket; -1 if no bucket is used.</summary>
    private int _lastUsed = -1;

    public NodeId OwnId { get; private set; } = ownId;

    /// <summary>Number of nodes in the buckets, not counting replacements.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// The buckets up to the last used one. The index of a bucket is the number of leading bits that its nodes share
    /// with this node's id. Unused buckets are null.
    /// </summary>
    public ReadOnlySpan<Bucket?> Buckets => _buckets.AsSpan(0, _lastUsed + 1);

    public NodeEntry? Find(NodeAddress address) =>
        _byAddress.TryGetValue(KeyOf(address), out NodeEntry? entry) && entry.Address == address ? entry : null;

    /// <summary>Whether the buckets have a good node.</summary>
    public bool HasGoodNode(long now)
    {
        foreach (Bucket? bucket in Buckets)
        {
            if (bucket is null)
                continue;
            foreach (NodeEntry entry in bucket.Live)
            {
                if (entry.IsGood(now))
                    return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether the table does not know the node, and the node's bucket or its list of replacements has space.
    /// </summary>
    public bool CanAdd(NodeId id, NodeAddress address) =>
        IsUnknown(id, address) && (_buckets[BucketOf(id)]?.CanAdd ?? true);

    /// <summary>Whether the table does not know the node, and the node's bucket has fewer than eight nodes.</summary>
    public bool HasSpaceFor(NodeId id, NodeAddress address) =>
        IsUnknown(id, address) && (_buckets[BucketOf(id)]?.HasSpace ?? true);

    /// <summary>Handles a response from a node: updates the node's entry, or adds the node.</summary>
    public void OnResponse(NodeId id, NodeAddress address, long now)
    {
        if (id == OwnId || !address.IsUsable)
            return;
        if (_byAddress.TryGetValue(KeyOf(address), out NodeEntry? known))
        {
            if (known.Id == id && known.Address == address)
            {
                known.OnResponse(now);
                _buckets[BucketOf(id)]!.LastChanged = now;
                return;
            }

            // Another port of a known host is added only if the known node is bad. A node with a new id gets a new
            // entry.
            if (known.Address != address && !known.IsBad)
                return;
            Remove(known);
        }

        Insert(new NodeEntry(id, address, now), now);
    }

    /// <summary>
    /// Counts an unanswered query to a node. Removes a doubtful node if a replacement is available. Removes any node
    /// after <see cref="MaxFailures"/> consecutive unanswered queries.
    /// </summary>
    public void OnTimeout(NodeAddress address)
    {
        if (Find(address) is not { } entry)
            return;
        entry.OnTimeout();
        bool isReplaced = entry.IsDoubtful && _buckets[BucketOf(entry.Id)]!.CanReplace(entry);
        if (isReplaced || entry.Failures >= MaxFailures)
            Remove(entry);
    }

    /// <summary>
    /// Writes the nodes closest to an id to <paramref name="nearest"/>, closest first, until the span is full. Leaves
    /// out doubtful nodes.
    /// </summary>
    /// <returns>The number of nodes written.</returns>
    public int FindNearest(NodeId target, Span<NodeEntry> nearest)
    {
        // Nodes in the target's bucket are closer than all others. Next come buckets that share more bits with this
        // node's id, then those that share fewer, in descending order.
        int targetBucket = BucketOf(target);
        int count = Gather(targetBucket, target, nearest, 0, 0);
        int start = count;
        for (int i = targetBucket + 1; i <= _lastUsed && start < nearest.Length; i++)
            count = Gather(i, target, nearest, start, count);
        for (int i = Math.Min(targetBucket - 1, _lastUsed); i >= 0 && count < nearest.Length; i--)
            count = Gather(i, target, nearest, count, count);
        return count;
    }

    /// <summary>
    /// Changes this node's id, and sorts all nodes and replacements into the buckets of the new id. Drops nodes for
    /// which there is no space.
    /// </summary>
    public void ChangeId(NodeId id)
    {
        List<NodeEntry> all = [];
        foreach (Bucket? bucket in Buckets)
        {
            if (bucket is not null)
                all.AddRange([.. bucket.Live, .. bucket.Replacements]);
        }

        Array.Clear(_buckets);
        _byAddress.Clear();
        _lastUsed = -1;
        Count = 0;
        OwnId = id;
        foreach (NodeEntry entry in all.Where(entry => entry.Id != id))
            Insert(entry, entry.LastResponse);
    }

    private bool IsUnknown(NodeId id, NodeAddress address) =>
        id != OwnId && address.IsUsable && !_byAddress.ContainsKey(KeyOf(address));

    private static NodeAddress KeyOf(NodeAddress address) => address.IsPublic ? address.Host : address;

    private static int Gather(Bucket? bucket, NodeId target, Span<NodeEntry> nearest, int start, int count)
    {
        if (bucket is null)
            return count;
        foreach (NodeEntry entry in bucket.Live)
        {
            if (entry.IsDoubtful)
                continue;
            int at = count;
            while (at > start && target.CompareDistance(entry.Id, nearest[at - 1].Id) < 0)
                at--;
            if (at == nearest.Length)
                continue;
            count = Math.Min(count + 1, nearest.Length);
            nearest[at..(count - 1)].CopyTo(nearest[(at + 1)..]);
            nearest[at] = entry;
        }

        return count;
    }

    private int Gather(int bucket, NodeId target, Span<NodeEntry> nearest, int start, int count) =>
        Gather(_buckets[bucket], target, nearest, start, count);

    private int BucketOf(NodeId id) => Math.Min(OwnId.CommonPrefixLength(id), NodeId.Bits - 1);

    private void Insert(NodeEntry entry, long now)
    {
        int index = BucketOf(entry.Id);
        Bucket bucket = _buckets[index] ??= new Bucket();
        int before = bucket.Live.Length;
        if (!bucket.Add(entry, out NodeEntry? dropped))
            return;
        if (dropped is not null)
            _byAddress.Remove(KeyOf(dropped.Address));
        _byAddress[KeyOf(entry.Address)] = entry;
        Count += bucket.Live.Length - before;
        bucket.LastChanged = Math.Max(bucket.LastChanged, now);
        _lastUsed = Math.Max(_lastUsed, index);
    }

    private void Remove(NodeEntry entry)
    {
        Bucket bucket = _buckets[BucketOf(entry.Id)]!;
        int before = bucket.Live.Length;
        bucket.Remove(entry);
        Count += bucket.Live.Length - before;
        _byAddress.Remove(KeyOf(entry.Address));
    }
}
