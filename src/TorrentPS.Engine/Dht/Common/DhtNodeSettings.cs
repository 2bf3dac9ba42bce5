using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Common;

/// <summary>
/// Settings and limits of a DHT node. With the defaults a node uses less than 1 MiB of memory and answers with at most
/// 128 KiB/s.
/// </summary>
internal sealed record DhtNodeSettings
{
    /// <summary>
    /// K of BEP 5: number of nodes per bucket, of nodes named in a response, and of nodes to which a store query is
    /// sent.
    /// </summary>
    public const int BucketSize = 8;

    /// <summary>
    /// The initial node id; null for a random one. The node replaces an id that is invalid for its external address
    /// (BEP 42).
    /// </summary>
    public NodeId? Id { get; init; }

    /// <summary>
    /// Whether the node only sends queries and answers none, and marks its queries as read-only (BEP 43). For hosts
    /// that other nodes cannot reach.
    /// </summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// Alpha of Kademlia: maximum number of outstanding queries of one lookup, not counting late ones.
    /// </summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>Maximum number of outstanding queries of the node, over all lookups and pings.</summary>
    public int MaxOutstandingQueries { get; init; } = 512;

    /// <summary>
    /// Maximum number of concurrent lookups. A further one is refused, so that a faulty caller cannot flood the
    /// network.
    /// </summary>
    public int MaxLookups { get; init; } = 64;

    /// <summary>
    /// Number of queries per second answered for one source host. After a pause, a burst of up to twenty times this
    /// number is answered. A lookup sends about two queries to each node.
    /// </summary>
    public int QueriesPerSource { get; init; } = 10;

    /// <summary>
    /// Maximum bytes per second of all answers together. After a pause, a burst of up to one second's bytes is sent.
    /// </summary>
    public int AnswerRate { get; init; } = 128 * 1024;

    /// <summary>
    /// Maximum number of torrents for which peers are stored. Each uses about 250 bytes, without its peers.
    /// </summary>
    public int MaxTorrents { get; init; } = 800;

    /// <summary>Maximum number of stored peers over all torrents. Each uses 40 bytes.</summary>
    public int MaxPeers { get; init; } = 4000;

    /// <summary>Maximum number of stored peers of one torrent. A response has space for at most one hundred.</summary>
    public int MaxPeersPerTorrent { get; init; } = 500;

    /// <summary>
    /// Time until a stored peer expires after its last announce. Clients announce every 15 to 30 minutes.
    /// </summary>
    public TimeSpan PeerLifetime { get; init; } = TimeSpan.FromMinutes(45);

    /// <summary>Maximum number of stored items (BEP 44), of at most 1,000 bytes each.</summary>
    public int MaxItems { get; init; } = 200;

    /// <summary>Time until a stored item expires after its last put (BEP 44, "expiration").</summary>
    public TimeSpan ItemLifetime { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Time for which a sample of the stored torrents is used until a new one is drawn (BEP 51).</summary>
    public TimeSpan SampleInterval { get; init; } = TimeSpan.FromMinutes(5);
}
