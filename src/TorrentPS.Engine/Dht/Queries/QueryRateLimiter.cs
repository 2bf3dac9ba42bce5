using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>How often a host is answered, and how much all are: what goes beyond is dropped without an answer.</summary>
/// <remarks>
/// Hosts share places in a table of fixed size by a keyed hash: a flood slows the few that share a place with it and needs no memory. In
/// the public network a host is an IPv4 address or an IPv6 /64; elsewhere ports count too, as several programs of one machine do.
/// </remarks>
internal sealed class QueryRateLimiter(DhtNodeSettings settings, Random random)
{
    private const int Places = 2048;

    /// <summary>Seconds' worth that may come at once: lookups come in bursts.</summary>
    private const float BurstSeconds = 20;

    private readonly Place[] _places = new Place[Places];
    private readonly ulong _key = (ulong)random.NextInt64();
    private double _bytes = settings.AnswerRate;
    private long _bytesAt;

    /// <summary>Counts a query of a host.</summary>
    /// <returns>Whether it may be answered.</returns>
    public bool Admit(NodeAddress from, long now)
    {
        NodeAddress host = !from.IsPublic ? from : from.IsIPv4 ? from.Host : from.Network;
        ref Place place = ref _places[(host.Hash(_key) >> 20) & (Places - 1)];
        float burst = settings.QueriesPerSource * BurstSeconds;

        // Counted as what is used up, so that a new place is an empty one.
        float used = Math.Max(place.Used - ((now - place.At) * settings.QueriesPerSource / (float)DhtClock.Second), 0);
        bool admitted = used + 1 <= burst && Refill(now) > 0;
        place.Used = admitted ? used + 1 : used;
        place.At = now;
        return admitted;
    }

    /// <summary>Counts the bytes of an answer against the limit of all.</summary>
    public void Spend(int bytes) => _bytes -= bytes;

    private double Refill(long now)
    {
        _bytes = Math.Min(_bytes + ((double)(now - _bytesAt) * settings.AnswerRate / DhtClock.Second), settings.AnswerRate);
        _bytesAt = now;
        return _bytes;
    }

    private struct Place
    {
        public long At;
        public float Used;
    }
}
