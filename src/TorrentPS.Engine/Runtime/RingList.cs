namespace TorrentPS.Engine.Runtime;

/// <summary>A first-in-first-out line over a ring that grows, from whose middle an entry can be taken. Nothing is allocated once it has grown.</summary>
internal sealed class RingList<T>
{
    private T[] _ring = new T[16];
    private int _head;

    /// <summary>How many entries there are.</summary>
    public int Count { get; private set; }

    /// <summary>Entry number <paramref name="index"/>, 0 being the oldest.</summary>
    public ref T this[int index] => ref _ring[(_head + index) & (_ring.Length - 1)];

    /// <summary>Puts an entry at the end.</summary>
    public void Enqueue(in T entry)
    {
        if (Count == _ring.Length)
            Grow();
        this[Count++] = entry;
    }

    /// <summary>Takes the oldest entry.</summary>
    public T Dequeue()
    {
        T entry = this[0];
        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
        return entry;
    }

    /// <summary>Takes an entry out; the others keep their order.</summary>
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

    /// <summary>Empties the line.</summary>
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
