using System.Net;

namespace TorrentPS.Engine.Policy.Connections;

/// <summary>
/// Computes the next peer exchange message to one peer (BEP 11): the peers added and dropped since the last message.
/// </summary>
internal sealed class PexDelta
{
    /// <summary>Minimum time between two messages to the same peer (BEP 11).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Maximum number of added peers in one message, and likewise of dropped peers (BEP 11).</summary>
    public const int MaxPerMessage = 50;

    private readonly List<IPEndPoint> _told = [];
    private readonly HashSet<IPEndPoint> _isTold = [];
    private TimeSpan? _lastTold;

    /// <summary>
    /// Whether a message may be sent: there was none yet, or the last is at least <see cref="Interval"/> old.
    /// </summary>
    /// <param name="now">The time since any fixed moment.</param>
    public bool IsDue(TimeSpan now) => _lastTold is not { } last || now - last >= Interval;

    /// <summary>
    /// Computes the next message, if <see cref="IsDue"/> and there is a change to send. The caller must then send it.
    /// </summary>
    /// <param name="now">The time since any fixed moment.</param>
    /// <param name="current">
    /// All endpoints that may be sent to the peer. If more than <see cref="MaxPerMessage"/> are new, the first in the
    /// list are sent, and the rest in later messages.
    /// </param>
    /// <param name="added">Receives the indices into <paramref name="current"/> of the added endpoints.</param>
    /// <param name="dropped">Receives the dropped endpoints, in the order in which they were added.</param>
    /// <returns>Whether there is a message to send.</returns>
    public bool TryNext(TimeSpan now, IReadOnlyList<IPEndPoint> current, List<int> added, List<IPEndPoint> dropped)
    {
        added.Clear();
        dropped.Clear();
        if (!IsDue(now))
            return false;
        var present = new HashSet<IPEndPoint>(current);
        foreach (IPEndPoint endPoint in _told)
        {
            if (dropped.Count < MaxPerMessage && !present.Contains(endPoint))
                dropped.Add(endPoint);
        }

        foreach (IPEndPoint endPoint in dropped)
            _isTold.Remove(endPoint);
        _told.RemoveAll(endPoint => !_isTold.Contains(endPoint));
        for (int i = 0; i < current.Count && added.Count < MaxPerMessage; i++)
        {
            if (!_isTold.Add(current[i]))
                continue;
            _told.Add(current[i]);
            added.Add(i);
        }

        if (added.Count + dropped.Count == 0)
            return false;
        _lastTold = now;
        return true;
    }
}
