using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Stores;

/// <summary>Values that others entrusted to us under their hash (BEP 44, "immutable items"), a bounded number for a limited time.</summary>
internal sealed class ItemStore(DhtNodeSettings settings)
{
    private readonly Dictionary<NodeId, LinkedListNode<Item>> _items = [];

    /// <summary>By their last put, the oldest first; so it expires first, too.</summary>
    private readonly LinkedList<Item> _order = [];

    public int Count => _items.Count;

    /// <summary>The bencoded value, or nothing.</summary>
    public ReadOnlySpan<byte> Find(NodeId target) => _items.TryGetValue(target, out LinkedListNode<Item>? node) ? node.Value.Value : default;

    /// <summary>Keeps a value of at most <see cref="ImmutableItem.MaxLength"/> bytes, or keeps it longer.</summary>
    public void Add(ReadOnlySpan<byte> bencoded, long now)
    {
        NodeId target = ImmutableItem.TargetOf(bencoded);
        long expires = now + (long)settings.ItemLifetime.TotalMilliseconds;
        byte[] value;
        if (_items.TryGetValue(target, out LinkedListNode<Item>? known))
        {
            value = known.Value.Value;
            Drop(known);
        }
        else
        {
            if (_items.Count >= settings.MaxItems)
                Drop(_order.First!);
            value = bencoded.ToArray();
        }

        _items.Add(target, _order.AddLast(new Item(target, value, expires)));
    }

    public void Tick(long now)
    {
        while (_order.First is { } oldest && oldest.Value.Expires <= now)
            Drop(oldest);
    }

    private void Drop(LinkedListNode<Item> node)
    {
        _items.Remove(node.Value.Target);
        _order.Remove(node);
    }

    private sealed record Item(NodeId Target, byte[] Value, long Expires);
}
