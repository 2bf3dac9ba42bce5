using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Stores;

/// <summary>
/// This node's random sample of the torrents it stores peers for, unchanged for an interval (BEP 51).
/// </summary>
internal sealed class InfoHashSample(DhtNodeSettings settings, Random random)
{
    /// <summary>
    /// Maximum info hashes in a sample. The response has room for eight nodes of each family beside them.
    /// </summary>
    private const int MaxSamples = 20;

    private readonly byte[] _samples = new byte[MaxSamples * NodeId.Length];
    private int _count;
    private long _drawnAt = long.MinValue;

    /// <summary>
    /// Returns the BEP 51 entries of a response, after drawing a new sample if the interval has passed.
    /// </summary>
    public KrpcMessage CreateResponse(PeerStore peers, long now)
    {
        long interval = (long)settings.SampleInterval.TotalMilliseconds;
        if (_drawnAt == long.MinValue || now - _drawnAt >= interval)
            Draw(peers, now);
        return new KrpcMessage
        {
            HasSamples = true,
            Samples = _samples.AsSpan(0, _count * NodeId.Length),
            Count = peers.TorrentCount,
            Interval = (int)settings.SampleInterval.TotalSeconds,
        };
    }

    /// <summary>Draws a uniform sample by reservoir sampling.</summary>
    private void Draw(PeerStore peers, long now)
    {
        _drawnAt = now;
        _count = 0;
        int seen = 0;
        foreach (NodeId torrent in peers.Torrents)
        {
            int index = seen < MaxSamples ? seen : random.Next(seen + 1);
            seen++;
            if (index >= MaxSamples)
                continue;
            torrent.CopyTo(_samples.AsSpan(index * NodeId.Length));
            _count = Math.Max(_count, index + 1);
        }
    }
}
