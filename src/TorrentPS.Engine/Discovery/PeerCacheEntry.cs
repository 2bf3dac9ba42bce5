using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Discovery;

internal sealed record PeerCacheEntry
{
    /// <summary>
    /// Maximum number of cached peers per torrent. By default, a torrent connects to at most the same number of peers.
    /// </summary>
    public const int MaxPeers = 100;

    /// <summary>
    /// Time after which cached peers expire. Few residential addresses stay the same for longer than a
    /// week.
    /// </summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <summary>
    /// Tolerated difference between the clocks of two machines. A record whose <see cref="CachedPeer.LastSeen"/> is
    /// further in the future is dropped.
    /// </summary>
    private static readonly TimeSpan s_maxAhead = TimeSpan.FromDays(1);

    public static PeerCacheEntry Empty { get; } = new();

    /// <summary>The cached peers. Those with the latest <see cref="CachedPeer.LastSeen"/> come first.</summary>
    public IReadOnlyList<CachedPeer> Peers { get; init; } = [];

    public bool IsEmpty => Peers.Count == 0;

    /// <summary>
    /// Returns an entry with the records of this entry and of <paramref name="later"/>. Of two records for the same
    /// peer, the later one is kept. Expired records are dropped. If more than <see cref="MaxPeers"/> records remain,
    /// the oldest are dropped.
    /// </summary>
    public PeerCacheEntry With(PeerCacheEntry later, DateTimeOffset now) =>
        new() { Peers = Latest(later.Peers.Concat(Peers), now) };

    /// <summary>
    /// Returns the latest record of each peer, the latest first, at most <see cref="MaxPeers"/>. Expired records and
    /// peers with link-local addresses are dropped.
    /// </summary>
    public static IReadOnlyList<CachedPeer> Latest(IEnumerable<CachedPeer> peers, DateTimeOffset now) =>
    [
        .. peers
            .Where(peer => IsFresh(peer.LastSeen, now) && AddressScopes.Of(peer.EndPoint.Address) != AddressScope.Link)
            .OrderByDescending(peer => peer.LastSeen)
            .ThenByDescending(peer => peer.Rate)
            .DistinctBy(peer => peer.EndPoint)
            .Take(MaxPeers),
    ];

    private static bool IsFresh(DateTimeOffset then, DateTimeOffset now) =>
        now - then < Lifetime && then - now < s_maxAhead;
}
