using TorrentPS.Protocol.Krpc;

namespace TorrentPS.Engine.Dht.Common;

/// <summary>How a DHT node behaves and what it may take; the defaults keep it under 1 MiB and 128 KiB/s.</summary>
internal sealed record DhtNodeSettings
{
    /// <summary>How many nodes a bucket holds, an answer names and an announce goes to (BEP 5, "routing table").</summary>
    public const int BucketSize = 8;

    /// <summary>The id to begin with; null for a random one. It changes when it does not fit our address (BEP 42).</summary>
    public NodeId? Id { get; init; }

    /// <summary>Whether we only ask and never answer, and say so (BEP 43): for hosts that can't be reached.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>How many nodes a lookup asks at once.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>Our own queries under way, of all lookups together.</summary>
    public int MaxOutstanding { get; init; } = 512;

    /// <summary>Lookups under way; one more is refused, so that a caller's loop can't flood the network.</summary>
    public int MaxLookups { get; init; } = 64;

    /// <summary>Queries per second answered for one host, and twenty times as many at once after a pause; a lookup asks a node twice or so.</summary>
    public int QueriesPerSource { get; init; } = 10;

    /// <summary>Bytes per second of all answers together, and as much at once after a pause.</summary>
    public int AnswerRate { get; init; } = 128 * 1024;

    /// <summary>Torrents whose peers are kept; about 250 bytes each beside their peers.</summary>
    public int MaxTorrents { get; init; } = 800;

    /// <summary>Peers kept in all; 40 bytes each.</summary>
    public int MaxPeers { get; init; } = 4000;

    /// <summary>Peers kept of one torrent; an answer carries at most a hundred.</summary>
    public int MaxPeersPerTorrent { get; init; } = 500;

    /// <summary>How long an announce holds: clients repeat theirs every 15 to 30 minutes.</summary>
    public TimeSpan PeerLifetime { get; init; } = TimeSpan.FromMinutes(45);

    /// <summary>Items kept for others, at most 1,000 bytes each.</summary>
    public int MaxItems { get; init; } = 200;

    /// <summary>How long an item is kept unless it is put again (BEP 44, "expiration").</summary>
    public TimeSpan ItemLifetime { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long a sample of our torrents stays the same (BEP 51).</summary>
    public TimeSpan SampleInterval { get; init; } = TimeSpan.FromMinutes(5);
}
