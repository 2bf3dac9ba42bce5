using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Stores;

/// <summary>
/// The immutable items that other nodes stored at this node (BEP 44, "put"). Their number is limited, and each item
/// expires.
/// </summary>
internal sealed class ItemStore(DhtNodeSettings settings)
{
    private readonly Dictionary<NodeId, LinkedListNode<Item>> _items = [];

    /// <summary>The items in the order of their last put, oldest first. They also expire in this order.</summary>
    private readonly LinkedList<Item> _order = [];

    public int Count => _items.Count;

    /// <summary>Returns the bencoded value of an item, or an empty span if no item is stored for the target.</summary>
    public ReadOnlySpan<byte> Find(NodeId target) =>
        _items.TryGetValue(target, out LinkedListNode<Item>? node) ? node.Value.Value : default;

    /// <summary>
    /// Stores a value of at most <see cref="ImmutableItem.MaxLength"/> bytes. If the value is already stored, its
    /// lifetime begins anew. If the store is full, a new value replaces the item whose last put is oldest.
    /// </summary>
    public void Add(ReadOnlySpan<byte> bencoded, long now)
    {
        NodeId target = ImmutableItem.TargetOf(bencoded);
        long expires = now + (long)settings.ItemLifetime.TotalMilliseconds;
        byte[] value;
        if (_items.TryGetValue(target, out LinkedListNode<Item>? known))
        {
            value = known.Value.Value;
            Remove(known);
        }
        else
        {
            if (_items.Count >= settings.MaxItems)
                Remove(_order.First!);
            value = bencoded.ToArray();
        }

        _items.Add(target, _order.AddLast(new Item(target, value, expires)));
    }

    public void Tick(long now)
    {
        while (_order.First is { } oldest && oldest.Value.Expires <= now)
            Remove(oldest);
    }

    private void Remove(LinkedListNode<Item> node)
    {
        _items.Remove(node.Value.Target);
        _order.Remove(node);
    }

    private sealed record Item(NodeId Target, byte[] Value, long Expires);
}
