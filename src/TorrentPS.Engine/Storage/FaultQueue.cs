namespace TorrentPS.Engine.Storage;

/// <summary>
/// Whether the disk has refused since the store was last told to go on, and the pieces that wait for that: each is busy, so that
/// no worker takes it meanwhile. Every member is called under the store's lock.
/// </summary>
internal sealed class FaultQueue
{
    private readonly Queue<PieceAssembly> _waiting = new();

    /// <summary>Whether the disk has refused; nothing is to be written or spilled until <see cref="Resolve"/>.</summary>
    public bool IsFaulted { get; private set; }

    /// <summary>The disk has refused.</summary>
    /// <returns>Whether this is the first time since <see cref="Resolve"/>.</returns>
    public bool Raise()
    {
        bool first = !IsFaulted;
        IsFaulted = true;
        return first;
    }

    /// <summary>Has a busy piece wait.</summary>
    public void Hold(PieceAssembly piece) => _waiting.Enqueue(piece);

    /// <summary>Takes one piece out.</summary>
    /// <returns>Whether it waited here.</returns>
    public bool Remove(PieceAssembly piece)
    {
        bool found = false;
        for (int i = _waiting.Count; i > 0; i--)
        {
            PieceAssembly first = _waiting.Dequeue();
            if (first == piece)
                found = true;
            else
                _waiting.Enqueue(first);
        }

        return found;
    }

    /// <summary>The fault counts as resolved; takes out the pieces that waited, still busy.</summary>
    public PieceAssembly[] Resolve()
    {
        IsFaulted = false;
        PieceAssembly[] waiting = [.. _waiting];
        _waiting.Clear();
        return waiting;
    }

    /// <summary>Lets go of the pieces that wait.</summary>
    public void Clear() => _waiting.Clear();
}
