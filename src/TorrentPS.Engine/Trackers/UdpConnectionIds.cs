using System.Net;

namespace TorrentPS.Engine.Trackers;

/// <summary>The connection ids that UDP trackers gave us, each for the minute that it may be used (BEP 15, "UDP connections").</summary>
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

    public void Keep(IPEndPoint tracker, ulong id)
    {
        lock (_ids)
        {
            foreach (IPEndPoint old in _ids.Where(held => time.GetElapsedTime(held.Value.Received) >= Lifetime).Select(held => held.Key).ToArray())
                _ids.Remove(old);
            _ids[tracker] = (id, time.GetTimestamp());
        }
    }

    public void Forget(IPEndPoint tracker)
    {
        lock (_ids)
            _ids.Remove(tracker);
    }
}
