namespace TorrentPS.Engine;

/// <summary>
/// Limits how many torrents download at the same time. The others are in the state
/// <see cref="TorrentState.Queued"/> and start in the order in which they were added. Torrents of several sessions can
/// share a queue. All members are thread-safe.
/// </summary>
/// <remarks>
/// A torrent gives its place to the next one when it has all wanted pieces, is paused, or has ended. A torrent that
/// <see cref="Torrent.Resume"/> starts or continues does not wait for a place.
/// </remarks>
public sealed class TorrentQueue
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Place> _waiting = [];
    private readonly HashSet<Place> _downloading = [];

    /// <summary>Creates a queue.</summary>
    /// <param name="limit">Maximum number of torrents that download at the same time, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is below 1.</exception>
    public TorrentQueue(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        Limit = limit;
    }

    /// <summary>Maximum number of torrents that download at the same time.</summary>
    public int Limit { get; }

    private void AdmitWaiting()
    {
        while (TakeNext() is { } next)
            next.Admit();
    }

    private Place? TakeNext()
    {
        lock (_gate)
        {
            if (_downloading.Count >= Limit || _waiting.First is not { } first)
                return null;
            _waiting.RemoveFirst();
            _downloading.Add(first.Value);
            return first.Value;
        }
    }

    /// <summary>The place of one torrent in a queue.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="admit">
    /// Called once, when the torrent may start. <see cref="Enter"/> calls it if the queue has a free place. Otherwise,
    /// it is called when another torrent leaves the queue.
    /// </param>
    internal sealed class Place(TorrentQueue queue, Action admit)
    {
        public Action Admit { get; } = admit;

        /// <summary>Adds the torrent at the end of the queue.</summary>
        public void Enter()
        {
            lock (queue._gate)
                queue._waiting.AddLast(this);
            queue.AdmitWaiting();
        }

        /// <summary>
        /// Removes the torrent from the queue, whether it waits or downloads. Further calls have no effect.
        /// </summary>
        public void Leave()
        {
            lock (queue._gate)
            {
                if (!queue._downloading.Remove(this) && !queue._waiting.Remove(this))
                    return;
            }

            queue.AdmitWaiting();
        }
    }
}
