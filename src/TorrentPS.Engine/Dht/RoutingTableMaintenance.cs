using System.Net;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Queries;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht;

/// <summary>Keeps the routing table filled and fresh: new nodes are pinged, silent ones asked again, buckets where nothing happens searched.</summary>
internal sealed class RoutingTableMaintenance(DhtClock clock, Random random, RoutingTable table, OutgoingQueries queries, Func<NodeId, bool> search)
{
    /// <summary>Nodes that wait to be pinged: a saved table's, or those of a torrent.</summary>
    private const int MaxWaiting = 600;

    /// <summary>Those to begin with again when all others are gone.</summary>
    private const int MaxEntrances = 32;

    /// <summary>Pings of new nodes per tick, so that a saved table does not go out as one burst.</summary>
    private const int PingsPerTick = 8;

    /// <summary>Nodes that others named and that wait to be pinged; more come with every answer.</summary>
    private const int MaxNamed = 64;

    private const long Round = DhtClock.Second;
    private const long EntranceInterval = 10 * DhtClock.Second;

    /// <summary>
    /// A node is pinged well before it becomes questionable: who names one that is gone costs every search two time-outs. The rounds
    /// are enough for a table of three hundred.
    /// </summary>
    private const long PingAfter = 5 * DhtClock.Minute;

    /// <summary>How soon a node that did not answer is asked again.</summary>
    private const long RetryAfter = 20 * DhtClock.Second;

    /// <summary>A bucket where nothing changed for so long is searched (BEP 5, "routing table").</summary>
    private const long BucketInterval = 15 * DhtClock.Minute;

    private const long SearchInterval = 5 * DhtClock.Second;

    /// <summary>How often we look for our own neighbours: seldom, or soon again while we know few.</summary>
    private const long SelfInterval = 15 * DhtClock.Minute;

    private const long SelfIntervalWhenPoor = 15 * DhtClock.Second;

    private readonly Queue<NodeAddress> _waiting = new();
    private readonly HashSet<NodeAddress> _isWaiting = [];
    private readonly List<NodeAddress> _entrances = [];
    private readonly Queue<CompactNode> _named = new();
    private long _round;
    private long _entered = -EntranceInterval;
    private long _searched = -SearchInterval;
    private long? _searchedSelf;

    /// <summary>Pings a node soon; it gets into the table when it answers.</summary>
    public void Add(NodeAddress node, bool isEntrance)
    {
        if (!node.IsUsable || table.Find(node) is not null)
            return;
        if (isEntrance && _entrances.Count < MaxEntrances && !_entrances.Contains(node))
            _entrances.Add(node);
        Enqueue(node);
    }

    /// <summary>
    /// Another node named one: if its bucket has a place, it is pinged, one of them a round. A table that waited for those that it asks anyhow
    /// would fill so slowly that searches take ways that need not be.
    /// </summary>
    public void Named(CompactNode node)
    {
        if (_named.Count < MaxNamed && table.Lacks(node.Id, node.Address))
            _named.Enqueue(node);
    }

    /// <summary>Looks for our neighbours soon: our id is new.</summary>
    public void IdChanged() => _searchedSelf = null;

    public void Tick()
    {
        long now = clock.Now;
        for (int i = 0; i < PingsPerTick && queries.HasRoom && _waiting.TryDequeue(out NodeAddress node); i++)
        {
            _isWaiting.Remove(node);
            if (table.Find(node) is null)
                Ping(node, node.ToEndPoint());
        }

        if (now - _round < Round)
            return;
        _round = now;
        if (table.Count == 0)
            KnockAgain(now);
        else if (now - _searched >= SearchInterval && Search(now))
            _searched = now;
        PingSilent(now);
        PingNamed();
    }

    private void KnockAgain(long now)
    {
        if (now - _entered < EntranceInterval || _waiting.Count > 0)
            return;
        _entered = now;
        foreach (NodeAddress entrance in _entrances)
            Enqueue(entrance);
    }

    private void Enqueue(NodeAddress node)
    {
        if (_waiting.Count < MaxWaiting && _isWaiting.Add(node))
            _waiting.Enqueue(node);
    }

    private bool Search(long now)
    {
        long interval = table.Count < 2 * DhtNodeSettings.BucketSize ? SelfIntervalWhenPoor : SelfInterval;
        if (_searchedSelf is null || now - _searchedSelf >= interval)
        {
            _searchedSelf = now;
            return search(table.OwnId);
        }

        for (int i = 0; i < table.Buckets.Length; i++)
        {
            Bucket? bucket = table.Buckets[i];
            if (bucket is null || now - Math.Max(bucket.LastChanged, bucket.LastSearched) < BucketInterval)
                continue;
            bucket.LastSearched = now;
            return search(table.OwnId.RandomNeighbour(i, random));
        }

        return false;
    }

    /// <summary>Pings the node that was silent longest, if any was for long.</summary>
    private void PingSilent(long now)
    {
        NodeEntry? oldest = null;
        foreach (Bucket? bucket in table.Buckets)
        {
            if (bucket is null)
                continue;
            foreach (NodeEntry contact in bucket.Live)
            {
                long due = contact.Failures > 0 ? contact.LastAsked + RetryAfter : Math.Max(contact.LastAnswer + PingAfter, contact.LastAsked + RetryAfter);
                if (due <= now && (oldest is null || contact.LastAsked < oldest.LastAsked))
                    oldest = contact;
            }
        }

        if (oldest is not null)
            Ping(oldest.Address, oldest.EndPoint);
    }

    /// <summary>Pings a node that was named and still has a place.</summary>
    private void PingNamed()
    {
        while (_named.TryDequeue(out CompactNode node))
        {
            if (!table.Lacks(node.Id, node.Address))
                continue;
            Ping(node.Address, node.Address.ToEndPoint());
            return;
        }
    }

    private void Ping(NodeAddress node, IPEndPoint endPoint) =>
        queries.Send(new DirectQuery(clock), new KrpcMessage { Method = KrpcMethod.Ping }, node, endPoint);
}
