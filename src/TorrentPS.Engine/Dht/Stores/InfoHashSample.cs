using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Stores;

/// <summary>Some of the torrents whose peers we keep, the same ones for a while (BEP 51).</summary>
internal sealed class InfoHashSample(DhtNodeSettings settings, Random random)
{
    /// <summary>How many torrents a sample holds: with eight nodes it stays well under a packet.</summary>
    private const int MaxSamples = 20;

    private readonly byte[] _samples = new byte[MaxSamples * NodeId.Length];
    private int _count;
    private long _taken = long.MinValue;

    /// <summary>The part of an answer that is the sample's.</summary>
    public KrpcMessage Fill(PeerStore peers, long now)
    {
        long interval = (long)settings.SampleInterval.TotalMilliseconds;
        if (_taken == long.MinValue || now - _taken >= interval)
            Take(peers, now);
        return new KrpcMessage
        {
            HasSamples = true,
            Samples = _samples.AsSpan(0, _count * NodeId.Length),
            Count = peers.TorrentCount,
            Interval = (int)settings.SampleInterval.TotalSeconds,
        };
    }

    /// <summary>Each torrent is as likely to be in the sample (reservoir sampling).</summary>
    private void Take(PeerStore peers, long now)
    {
        _taken = now;
        _count = 0;
        int seen = 0;
        foreach (NodeId torrent in peers.Torrents)
        {
            int place = seen < MaxSamples ? seen : random.Next(seen + 1);
            seen++;
            if (place >= MaxSamples)
                continue;
            torrent.CopyTo(_samples.AsSpan(place * NodeId.Length));
            _count = Math.Max(_count, place + 1);
        }
    }
}
