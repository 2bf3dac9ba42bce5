using System.Net;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Queries;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht;

/// <summary>
/// Fills the routing table and keeps it current (BEP 5, "routing table"). Pings new nodes and nodes that have not
/// responded for some time, looks up this node's own id, and refreshes buckets.
/// </summary>
internal sealed class RoutingTableMaintenance(
    DhtClock clock, Random random, RoutingTable table, OutgoingQueries queries, Func<NodeId, bool> startLookup)
{
    /// <summary>
    /// Maximum number of addresses that wait for a ping. This is enough for a saved routing table, which has at most
    /// 512 nodes.
    /// </summary>
    private const int MaxQueued = 600;

    /// <summary>
    /// Maximum number of bootstrap nodes that are stored for re-bootstraps. This limits the pings of a re-bootstrap.
    /// </summary>
    private const int MaxBootstrapNodes = 32;

    /// <summary>
    /// Maximum number of queued addresses that are pinged per tick. This spreads the pings to the nodes of a saved
    /// table over several seconds.
    /// </summary>
    private const int PingsPerTick = 8;

    /// <summary>
    /// Maximum number of nodes that were named in responses and wait for a ping. Further nodes are ignored, because
    /// later responses name enough others.
    /// </summary>
    private const int MaxReferred = 64;

    /// <summary>
    /// Milliseconds between maintenance rounds. A round pings at most one node of the routing table and one node named
    /// in a response.
    /// </summary>
    private const long Interval = DhtClock.Second;

    /// <summary>
    /// Minimum milliseconds between two re-bootstraps. It limits the load on the bootstrap nodes, which serve many
    /// clients.
    /// </summary>
    private const long BootstrapInterval = 10 * DhtClock.Second;

    /// <summary>
    /// Milliseconds from a node's last response until the node is pinged. The time is shorter than the 15 minutes after
    /// which a node becomes questionable. This node therefore names few dead nodes to others.
    /// </summary>
    private const long PingAfter = 5 * DhtClock.Minute;

    /// <summary>
    /// Milliseconds from the last query to a node until the node is pinged again, if the query was not answered. The
    /// time is long enough that an outage of a few seconds causes only one unanswered ping.
    /// </summary>
    private const long RetryAfter = 20 * DhtClock.Second;

    /// <summary>
    /// Milliseconds from the last change or refresh of a bucket until its next refresh (BEP 5, "routing table").
    /// </summary>
    private const long RefreshAfter = 15 * DhtClock.Minute;

    /// <summary>
    /// Minimum milliseconds between two maintenance lookups. Such a lookup refreshes a bucket or searches for this
    /// node's own id. The interval spreads the refreshes of several buckets over time.
    /// </summary>
    private const long LookupInterval = 5 * DhtClock.Second;

    /// <summary>
    /// Milliseconds between two lookups of this node's own id, which find the nodes closest to this node.
    /// </summary>
    private const long SelfLookupInterval = 15 * DhtClock.Minute;

    /// <summary>
    /// Milliseconds between two lookups of this node's own id while the routing table has fewer nodes than two full
    /// buckets (16). The frequent lookups fill the table sooner.
    /// </summary>
    private const long SelfLookupIntervalWhenSmall = 15 * DhtClock.Second;

    private readonly Queue<NodeAddress> _queued = new();
    private readonly HashSet<NodeAddress> _isQueued = [];
    private readonly List<NodeAddress> _bootstrapNodes = [];
    private readonly Queue<CompactNode> _referred = new();
    private long _lastRound;
    private long _lastBootstrap = -BootstrapInterval;
    private long _lastLookup = -LookupInterval;
    private long? _lastSelfLookup;

    /// <summary>
    /// Queues a ping to a node. The node is added to the routing table if it responds. Ignores nodes that are already
    /// in the table, and all nodes while <see cref="MaxQueued"/> nodes are queued. A bootstrap node is also stored for
    /// re-bootstraps.
    /// </summary>
    public void Add(NodeAddress node, bool isBootstrap)
    {
        if (!node.IsUsable || table.Find(node) is not null)
            return;
        if (isBootstrap && _bootstrapNodes.Count < MaxBootstrapNodes && !_bootstrapNodes.Contains(node))
            _bootstrapNodes.Add(node);
        Enqueue(node);
    }

    /// <summary>
    /// Queues a ping to a node that was named in a response, if the node's bucket has space. Without these pings, the
    /// routing table would fill slowly, and lookups would take more hops.
    /// </summary>
    public void AddReferred(CompactNode node)
    {
        if (_referred.Count < MaxReferred && table.HasSpaceFor(node.Id, node.Address))
            _referred.Enqueue(node);
    }

    /// <summary>Makes the next maintenance lookup search for this node's new id.</summary>
    public void OnIdChanged() => _lastSelfLookup = null;

    public void Tick()
    {
        long now = clock.Now;
        for (int i = 0; i < PingsPerTick && queries.CanSend && _queued.TryDequeue(out NodeAddress node); i++)
        {
            _isQueued.Remove(node);
            if (table.Find(node) is null)
                Ping(node, node.ToEndPoint());
        }

        if (now - _lastRound < Interval)
            return;
        _lastRound = now;
        if (table.Count == 0)
            Rebootstrap(now);
        else if (now - _lastLookup >= LookupInterval && StartLookup(now))
            _lastLookup = now;
        PingStaleNode(now);
        PingReferred();
    }

    /// <summary>
    /// Queues pings to the bootstrap nodes. Does nothing if addresses are already queued, or if the last re-bootstrap
    /// was less than <see cref="BootstrapInterval"/> ago.
    /// </summary>
    private void Rebootstrap(long now)
    {
        if (now - _lastBootstrap < BootstrapInterval || _queued.Count > 0)
            return;
        _lastBootstrap = now;
        foreach (NodeAddress node in _bootstrapNodes)
            Enqueue(node);
    }

    private void Enqueue(NodeAddress node)
    {
        if (_queued.Count < MaxQueued && _isQueued.Add(node))
            _queued.Enqueue(node);
    }

    private bool StartLookup(long now)
    {
        long interval = table.Count < 2 * DhtNodeSettings.BucketSize ? SelfLookupIntervalWhenSmall : SelfLookupInterval;
        if (_lastSelfLookup is null || now - _lastSelfLookup >= interval)
        {
            _lastSelfLookup = now;
            return startLookup(table.OwnId);
        }

        for (int i = 0; i < table.Buckets.Length; i++)
        {
            Bucket? bucket = table.Buckets[i];
            if (bucket is null || now - Math.Max(bucket.LastChanged, bucket.LastRefreshed) < RefreshAfter)
                continue;
            bucket.LastRefreshed = now;
            return startLookup(table.OwnId.RandomWithPrefix(i, random));
        }

        return false;
    }

    /// <summary>
    /// Pings at most one node of the routing table. A node is pinged <see cref="PingAfter"/> after its last response,
    /// or <see cref="RetryAfter"/> after an unanswered query. Of several such nodes, the least recently queried one is
    /// pinged.
    /// </summary>
    private void PingStaleNode(long now)
    {
        NodeEntry? stale = null;
        foreach (Bucket? bucket in table.Buckets)
        {
            if (bucket is null)
                continue;
            foreach (NodeEntry entry in bucket.Live)
            {
                long pingAt = entry.LastQueried + RetryAfter;
                if (entry.Failures == 0)
                    pingAt = Math.Max(pingAt, entry.LastResponse + PingAfter);
                if (pingAt <= now && (stale is null || entry.LastQueried < stale.LastQueried))
                    stale = entry;
            }
        }

        if (stale is not null)
            Ping(stale.Address, stale.EndPoint);
    }

    /// <summary>Pings the next queued node that a response named. Skips nodes whose bucket has become full.</summary>
    private void PingReferred()
    {
        while (_referred.TryDequeue(out CompactNode node))
        {
            if (!table.HasSpaceFor(node.Id, node.Address))
                continue;
            Ping(node.Address, node.Address.ToEndPoint());
            return;
        }
    }

    private void Ping(NodeAddress node, IPEndPoint endPoint) =>
        queries.Send(new DirectQuery(clock), new KrpcMessage { Method = KrpcMethod.Ping }, node, endPoint);
}
