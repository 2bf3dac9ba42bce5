namespace TorrentPS.Engine.Runtime;

/// <summary>
/// A queue in a ring buffer that grows, with access to its entries by index and removal at any position. It allocates
/// only when it grows.
/// </summary>
internal sealed class RingList<T>
{
    private T[] _ring = new T[16];
    private int _head;

    public int Count { get; private set; }

    /// <summary>Gets the entry at a position. Position 0 is the oldest entry.</summary>
    public ref T this[int index] => ref _ring[(_head + index) & (_ring.Length - 1)];

    public void Enqueue(in T entry)
    {
        if (Count == _ring.Length)
            Grow();
        this[Count++] = entry;
    }

    public T Dequeue()
    {
        T entry = this[0];
        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
        return entry;
    }

    /// <summary>Removes the entry at a position. The others keep their order.</summary>
    public void RemoveAt(int index)
    {
        if (index == 0)
        {
            Dequeue();
            return;
        }

        for (int i = index; i < Count - 1; i++)
            this[i] = this[i + 1];
        Count--;
    }

    public void Clear() => Count = 0;

    private void Grow()
    {
        var larger = new T[_ring.Length * 2];
        for (int i = 0; i < Count; i++)
            larger[i] = this[i];
        _ring = larger;
        _head = 0;
    }
}
