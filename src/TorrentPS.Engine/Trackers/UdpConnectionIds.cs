using System.Net;

namespace TorrentPS.Engine.Trackers;

/// <summary>
/// Caches the connection ids received from UDP trackers. A client may use a connection id for one minute (BEP 15). The
/// class is thread-safe.
/// </summary>
internal sealed class UdpConnectionIds(TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    private readonly Dictionary<IPEndPoint, (ulong Id, long Received)> _ids = [];

    public bool TryGet(IPEndPoint tracker, out ulong id)
    {
        lock (_ids)
        {
            bool usable = _ids.TryGetValue(tracker, out var held) && time.GetElapsedTime(held.Received) < Lifetime;
            id = held.Id;
            return usable;
        }
    }

    public void Set(IPEndPoint tracker, ulong id)
    {
        lock (_ids)
        {
            foreach ((IPEndPoint old, (_, long received)) in _ids.ToArray())
            {
                if (time.GetElapsedTime(received) >= Lifetime)
                    _ids.Remove(old);
            }

            _ids[tracker] = (id, time.GetTimestamp());
        }
    }

    public void Remove(IPEndPoint tracker)
    {
        lock (_ids)
            _ids.Remove(tracker);
    }
}
