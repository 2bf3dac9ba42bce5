using System.Net;

namespace TorrentPS.Engine.Policy.Connections;

/// <summary>
/// What to tell one peer of the others (BEP 11): who came and who went since it was last told, at most so many at a time and so often.
/// </summary>
internal sealed class PexDelta
{
    /// <summary>The least time between two messages.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>The most peers named as come, and the most named as gone, in one message.</summary>
    public const int MaxPerMessage = 50;

    private readonly List<IPEndPoint> _told = [];
    private readonly HashSet<IPEndPoint> _isTold = [];
    private TimeSpan? _lastTold;

    /// <summary>Whether a message may go now.</summary>
    /// <param name="now">The time since any fixed moment.</param>
    public bool IsDue(TimeSpan now) => _lastTold is not { } last || now - last >= Interval;

    /// <summary>Takes the next message, when one is due and there is something to tell.</summary>
    /// <param name="now">The time since any fixed moment.</param>
    /// <param name="current">All that the peer may be told of, in any fixed order; earlier ones are told first.</param>
    /// <param name="added">Receives the places in <paramref name="current"/> of those to name as come.</param>
    /// <param name="dropped">Receives those to name as gone, in the order they were named.</param>
    /// <returns>Whether a message is to be sent.</returns>
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
