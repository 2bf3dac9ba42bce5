using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Common;

/// <summary>
/// Settings and limits of a DHT node. With the default values, a node uses less than 1 MiB of memory and sends at most
/// 128 KiB/s of answers.
/// </summary>
internal sealed record DhtNodeSettings
{
    /// <summary>
    /// Number of nodes in a full bucket (K in BEP 5). It is also the maximum number of nodes of one address family in a
    /// response, and of nodes to which a store query is sent.
    /// </summary>
    public const int BucketSize = 8;

    /// <summary>
    /// The node id at the start; null for a random id. The node later replaces an id that is invalid for its external
    /// address (BEP 42).
    /// </summary>
    public NodeId? Id { get; init; }

    /// <summary>
    /// Whether the node is read-only (BEP 43): it sends queries but answers none. This is meant for hosts that other
    /// nodes cannot reach.
    /// </summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// Maximum number of outstanding queries of one lookup (alpha in Kademlia). Late queries are not counted.
    /// </summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>Maximum number of outstanding queries of the node, over all lookups and pings.</summary>
    public int MaxOutstandingQueries { get; init; } = 512;

    /// <summary>
    /// Maximum number of lookups at a time. Further lookups are refused, so that a faulty caller cannot flood the
    /// network.
    /// </summary>
    public int MaxLookups { get; init; } = 64;

    /// <summary>
    /// Maximum average number of queries per second that are answered for one source host. A host that was silent for
    /// some time may send a burst of up to twenty times this number.
    /// </summary>
    public int QueriesPerSource { get; init; } = 10;

    /// <summary>
    /// Maximum average number of bytes per second in all answers together. Queries that arrive while this limit is
    /// reached are dropped.
    /// </summary>
    public int AnswerRate { get; init; } = 128 * 1024;

    /// <summary>
    /// Maximum number of torrents for which peers are stored. Each torrent takes about 250 bytes in addition to its
    /// peers.
    /// </summary>
    public int MaxTorrents { get; init; } = 800;

    /// <summary>Maximum number of stored peers over all torrents. Each peer takes 40 bytes.</summary>
    public int MaxPeers { get; init; } = 4000;

    /// <summary>
    /// Maximum number of stored peers per torrent. A response has space for at most one hundred of them.
    /// </summary>
    public int MaxPeersPerTorrent { get; init; } = 500;

    /// <summary>
    /// Time from the last announce of a stored peer until the peer expires. Clients usually announce every 15 to 30
    /// minutes.
    /// </summary>
    public TimeSpan PeerLifetime { get; init; } = TimeSpan.FromMinutes(45);

    /// <summary>Maximum number of stored items (BEP 44). An item has at most 1,000 bytes.</summary>
    public int MaxItems { get; init; } = 200;

    /// <summary>Time from the last put of a stored item until the item expires (BEP 44, "expiration").</summary>
    public TimeSpan ItemLifetime { get; init; } = TimeSpan.FromHours(2);

    /// <summary>
    /// Time for which a sample of the stored torrents stays the same (BEP 51). Afterwards a new sample is drawn.
    /// </summary>
    public TimeSpan SampleInterval { get; init; } = TimeSpan.FromMinutes(5);
}
