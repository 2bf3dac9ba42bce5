namespace TorrentPS.Engine.Peers;

/// <summary>The messages of one read, in order. A connection has few of them and reuses them, which bounds what waits for the loop.</summary>
internal sealed class MessageBatch
{
    private readonly List<PeerEvent> _events = new(32);

    /// <summary>How many there are.</summary>
    public int Count => _events.Count;

    /// <summary>Message number <paramref name="index"/>.</summary>
    public PeerEvent this[int index] => _events[index];

    /// <summary>Puts a message at the end.</summary>
    public void Add(in PeerEvent message) => _events.Add(message);

    /// <summary>Empties the batch; what its messages owned has gone elsewhere.</summary>
    public void Clear() => _events.Clear();
}
