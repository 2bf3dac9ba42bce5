using System.Net;
using TorrentPS.Engine.Dht.Common;
using TorrentPS.Engine.Dht.Queries;
using TorrentPS.Engine.Dht.Routing;
using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht;

/// <summary>
/// Keeps the routing table full and current: pings new and silent nodes, and refreshes buckets without changes (BEP 5,
/// "routing table").
/// </summary>
internal sealed class RoutingTableMaintenance(
    DhtClock clock, Random random, RoutingTable table, OutgoingQueries queries, Func<NodeId, bool> startLookup)
{
    /// <summary>
    /// Maximum queued addresses of nodes to ping, from a saved table, the bootstrap nodes or torrents.
    /// </summary>
    private const int MaxQueued = 600;

    /// <summary>Maximum remembered bootstrap nodes, which are pinged again when the routing table is empty.</summary>
    private const int MaxBootstrapNodes = 32;

    /// <summary>Maximum pings of queued nodes per tick. Spreads the pings of a saved table over time.</summary>
    private const int PingsPerTick = 8;

    /// <summary>
    /// Maximum queued nodes that responses named. Further ones are ignored, as later responses name more.
    /// </summary>
    private const int MaxReferred = 64;

    /// <summary>
    /// Milliseconds between maintenance rounds. Each round sends at most one ping to a silent node and one to a
    /// referred node.
    /// </summary>
    private const long Interval = DhtClock.Second;

    /// <summary>Milliseconds between two attempts to re-bootstrap.</summary>
    private const long BootstrapInterval = 10 * DhtClock.Second;

    /// <summary>
    /// Milliseconds without a response after which a node is pinged, well before it becomes questionable. Each dead
    /// node named in a response costs a lookup two time-outs. One ping per second suffices for 300 nodes.
    /// </summary>
    private const long PingAfter = 5 * DhtClock.Minute;

    /// <summary>Milliseconds after which a node that did not respond is pinged again.</summary>
    private const long RetryAfter = 20 * DhtClock.Second;

    /// <summary>Milliseconds without changes after which a bucket is refreshed (BEP 5, "routing table").</summary>
    private const long RefreshAfter = 15 * DhtClock.Minute;

    /// <summary>Milliseconds between two lookups for maintenance.</summary>
    private const long LookupInterval = 5 * DhtClock.Second;

    /// <summary>Milliseconds between lookups of this node's own id, which find its closest neighbours.</summary>
    private const long SelfLookupInterval = 15 * DhtClock.Minute;

    /// <summary><see cref="SelfLookupInterval"/> while the routing table has fewer than 16 nodes.</summary>
    private const long SelfLookupIntervalWhenSmall = 15 * DhtClock.Second;

    private readonly Queue<NodeAddress> _queued = new();
    private readonly HashSet<NodeAddress> _isQueued = [];
    private readonly List<NodeAddress> _bootstrapNodes = [];
    private readonly Queue<CompactNode> _referred = new();
    private long _lastRound;
    private long _lastBootstrap = -BootstrapInterval;
    private long _lastLookup = -LookupInterval;
    private long? _lastSelfLookup;

    /// <summary>Queues a node for pinging. The routing table adds it if it responds.</summary>
    public void Add(NodeAddress node, bool isBootstrap)
    {
        if (!node.IsUsable || table.Find(node) is not null)
            return;
        if (isBootstrap && _bootstrapNodes.Count < MaxBootstrapNodes && !_bootstrapNodes.Contains(node))
            _bootstrapNodes.Add(node);
        Enqueue(node);
    }

    /// <summary>
    /// Queues a node that another node named, if its bucket has space. One of these is pinged each round. Lookups alone
    /// would fill the table slowly, and lookups in a sparse table take more hops.
    /// </summary>
    public void AddReferred(CompactNode node)
    {
        if (_referred.Count < MaxReferred && table.HasSpaceFor(node.Id, node.Address))
            _referred.Enqueue(node);
    }

    /// <summary>Starts a lookup of this node's own id soon, as the id is new.</summary>
    public void OnIdChanged() => _lastSelfLookup = null;

    public void Tick()
    {
        long now = clock.Now;
        for (int i = 0; i < PingsPerTick && queries.HasRoom && _queued.TryDequeue(out NodeAddress node); i++)
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
        PingSilent(now);
        PingReferred();
    }

    /// <summary>Queues the bootstrap nodes for pinging, at most once per <see cref="BootstrapInterval"/>.</summary>
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

    /// <summary>Pings the node that was queried least recently, among those due for a ping.</summary>
    private void PingSilent(long now)
    {
        NodeEntry? oldest = null;
        foreach (Bucket? bucket in table.Buckets)
        {
            if (bucket is null)
                continue;
            foreach (NodeEntry entry in bucket.Live)
            {
                long due = entry.LastQueried + RetryAfter;
                if (entry.Failures == 0)
                    due = Math.Max(due, entry.LastResponse + PingAfter);
                if (due <= now && (oldest is null || entry.LastQueried < oldest.LastQueried))
                    oldest = entry;
            }
        }

        if (oldest is not null)
            Ping(oldest.Address, oldest.EndPoint);
    }

    /// <summary>Pings the next referred node whose bucket still has space.</summary>
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
