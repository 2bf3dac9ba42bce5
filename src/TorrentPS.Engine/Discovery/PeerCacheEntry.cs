namespace TorrentPS.Engine.Discovery;

/// <summary>The cached peers and tracker responses of one torrent.</summary>
internal sealed record PeerCacheEntry
{
    /// <summary>Maximum number of cached peers of a torrent: about as many as a torrent is connected to.</summary>
    public const int MaxPeers = 100;

    /// <summary>
    /// Maximum number of cached tracker responses of a torrent. The latest responses are kept. A torrent rarely uses
    /// more trackers than this.
    /// </summary>
    public const int MaxAnswers = 8;

    /// <summary>Maximum number of cached peers of one tracker response.</summary>
    public const int MaxPeersPerAnswer = 100;

    /// <summary>
    /// Time after which cached peers and responses expire. Few residential addresses stay the same for longer than a
    /// week.
    /// </summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <summary>
    /// Maximum time by which a record may be dated in the future. Records with later times come from a wrong clock
    /// and are dropped.
    /// </summary>
    private static readonly TimeSpan s_maxAhead = TimeSpan.FromDays(1);

    /// <summary>An entry without content.</summary>
    public static PeerCacheEntry Empty { get; } = new();

    /// <summary>The peers. Those that most recently transferred content or accepted a connection come first.</summary>
    public IReadOnlyList<CachedPeer> Peers { get; init; } = [];

    /// <summary>The tracker responses, the latest first.</summary>
    public IReadOnlyList<CachedAnswer> Answers { get; init; } = [];

    /// <summary>Whether there are neither peers nor tracker responses.</summary>
    public bool IsEmpty => Peers.Count == 0 && Answers.Count == 0;

    /// <summary>
    /// Returns this entry merged with another one. Of two records for the same peer or tracker, the one with the later
    /// time is kept. Expired records are dropped. If there are more records than the limits allow, the oldest are
    /// dropped.
    /// </summary>
    public PeerCacheEntry With(PeerCacheEntry later, DateTimeOffset now) => new()
    {
        Peers = Latest(later.Peers.Concat(Peers), now),
        Answers =
        [
            .. later.Answers.Concat(Answers)
                .Where(answer => IsFresh(answer.Answered, now))
                .OrderByDescending(answer => answer.Answered)
                .DistinctBy(answer => answer.Tracker)
                .Take(MaxAnswers)
                .Select(answer => answer with { Peers = [.. answer.Peers.Take(MaxPeersPerAnswer)] }),
        ],
    };

    /// <summary>
    /// Returns the latest record of each peer, the latest first, at most <see cref="MaxPeers"/>. Expired records and
    /// peers with link-local IPv6 addresses are dropped.
    /// </summary>
    public static IReadOnlyList<CachedPeer> Latest(IEnumerable<CachedPeer> peers, DateTimeOffset now) =>
    [
        .. peers
            .Where(peer => IsFresh(peer.LastSeen, now) && !peer.EndPoint.Address.IsIPv6LinkLocal)
            .OrderByDescending(peer => peer.LastSeen)
            .ThenByDescending(peer => peer.Rate)
            .DistinctBy(peer => peer.EndPoint)
            .Take(MaxPeers),
    ];

    private static bool IsFresh(DateTimeOffset then, DateTimeOffset now) =>
        now - then < Lifetime && then - now < s_maxAhead;
}
