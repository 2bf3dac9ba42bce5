using System.Net;

namespace TorrentPS.Engine.Policy.Connections;

/// <summary>
/// Computes the peer exchange messages to one peer (BEP 11). Each contains the endpoints added and dropped since the
/// previous message.
/// </summary>
internal sealed class PexDelta
{
    /// <summary>Minimum time between two messages to the same peer (BEP 11).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Maximum number of added endpoints in one message, and maximum number of dropped endpoints (BEP 11).
    /// </summary>
    public const int MaxPerMessage = 50;

    private readonly List<IPEndPoint> _sent = [];
    private readonly HashSet<IPEndPoint> _sentSet = [];
    private TimeSpan? _lastMessage;

    /// <summary>
    /// Returns whether a message may be sent now: none was sent yet, or <see cref="Interval"/> has passed since the
    /// last one.
    /// </summary>
    /// <param name="now">The time since any fixed moment.</param>
    public bool IsDue(TimeSpan now) => _lastMessage is not { } last || now - last >= Interval;

    /// <summary>
    /// Computes the next message, if one may be sent now and an endpoint was added or dropped. The caller must then
    /// send the message.
    /// </summary>
    /// <param name="now">The time since any fixed moment.</param>
    /// <param name="current">
    /// All endpoints that may be sent to the peer. If more than <see cref="MaxPerMessage"/> of them are new, the
    /// message contains the first ones, and later messages contain the others.
    /// </param>
    /// <param name="added">Receives the indices of the added endpoints in <paramref name="current"/>.</param>
    /// <param name="dropped">Receives the dropped endpoints, in the order in which they were added.</param>
    /// <returns>Whether there is a message to send.</returns>
    public bool TryNext(TimeSpan now, IReadOnlyList<IPEndPoint> current, List<int> added, List<IPEndPoint> dropped)
    {
        added.Clear();
        dropped.Clear();
        if (!IsDue(now))
            return false;
        var present = new HashSet<IPEndPoint>(current);
        foreach (IPEndPoint endPoint in _sent)
        {
            if (dropped.Count < MaxPerMessage && !present.Contains(endPoint))
                dropped.Add(endPoint);
        }

        foreach (IPEndPoint endPoint in dropped)
            _sentSet.Remove(endPoint);
        _sent.RemoveAll(endPoint => !_sentSet.Contains(endPoint));
        for (int i = 0; i < current.Count && added.Count < MaxPerMessage; i++)
        {
            if (!_sentSet.Add(current[i]))
                continue;
            _sent.Add(current[i]);
            added.Add(i);
        }

        if (added.Count + dropped.Count == 0)
            return false;
        _lastMessage = now;
        return true;
    }
}
