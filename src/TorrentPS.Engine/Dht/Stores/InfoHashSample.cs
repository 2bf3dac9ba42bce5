using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Stores;

/// <summary>
/// A random sample of the torrents for which this node stores peers (BEP 51). It stays the same for
/// <see cref="DhtNodeSettings.SampleInterval"/>.
/// </summary>
internal sealed class InfoHashSample(DhtNodeSettings settings, Random random)
{
    /// <summary>
    /// Maximum number of info hashes in a sample. The response then still has space for eight nodes of each address
    /// family.
    /// </summary>
    private const int MaxSamples = 20;

    private readonly byte[] _samples = new byte[MaxSamples * NodeId.Length];
    private int _count;
    private long _drawnAt = long.MinValue;

    /// <summary>
    /// Creates the part of a response that BEP 51 defines. Draws a new sample if there is none or
    /// <see cref="DhtNodeSettings.SampleInterval"/> has passed.
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

    /// <summary>
    /// Draws a new sample, in which each stored torrent has the same probability (reservoir sampling).
    /// </summary>
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
