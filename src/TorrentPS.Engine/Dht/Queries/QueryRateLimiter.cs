using TorrentPS.Engine.Dht.Common;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Queries;

/// <summary>
/// Limits the queries per second that are answered for one source host, and the bytes per second of all answers.
/// Queries beyond a limit are dropped.
/// </summary>
/// <remarks>
/// A keyed hash of the host selects its entry in a table of fixed size. A flood therefore takes no further memory, and
/// affects only the few hosts with the same entry. A public host is an IPv4 address or an IPv6 /64, without the port.
/// For an address that is not public, the port is part of the host, because one machine may run several clients.
/// </remarks>
internal sealed class QueryRateLimiter(DhtNodeSettings settings, Random random)
{
    /// <summary>
    /// Number of entries in the table. Hosts with the same entry share one quota. The table is large enough that this
    /// is rare.
    /// </summary>
    private const int EntryCount = 2048;

    /// <summary>
    /// Maximum seconds for which the unused quota of a host accumulates. The accumulated quota allows the bursts of
    /// queries that lookups send.
    /// </summary>
    private const float BurstSeconds = 20;

    private readonly Entry[] _entries = new Entry[EntryCount];
    private readonly ulong _key = (ulong)random.NextInt64();
    private double _bytes = settings.AnswerRate;
    private long _bytesAt;

    /// <summary>
    /// Decides whether to answer a query. A query is not answered if its sender has sent too many queries, or if too
    /// many bytes have been sent in answers to all nodes. An answered query is counted.
    /// </summary>
    /// <returns>Whether the query may be answered.</returns>
    public bool Admit(NodeAddress from, long now)
    {
        NodeAddress host = !from.IsPublic ? from : from.IsIPv4 ? from.Host : from.Network;
        ref Entry entry = ref _entries[(host.Hash(_key) >> 20) & (EntryCount - 1)];
        float burst = settings.QueriesPerSource * BurstSeconds;

        // Stores the used quota, not the available quota, so that an entry of zeros is a host with its full quota.
        float used = Math.Max(entry.Used - ((now - entry.At) * settings.QueriesPerSource / (float)DhtClock.Second), 0);
        bool admitted = used + 1 <= burst && Refill(now) > 0;
        entry.Used = admitted ? used + 1 : used;
        entry.At = now;
        return admitted;
    }

    public void OnAnswerSent(int bytes) => _bytes -= bytes;

    private double Refill(long now)
    {
        double refilled = _bytes + ((double)(now - _bytesAt) * settings.AnswerRate / DhtClock.Second);
        _bytes = Math.Min(refilled, settings.AnswerRate);
        _bytesAt = now;
        return _bytes;
    }

    private struct Entry
    {
        public long At;
        public float Used;
    }
}
