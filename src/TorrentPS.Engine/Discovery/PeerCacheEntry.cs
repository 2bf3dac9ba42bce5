namespace TorrentPS.Engine.Discovery;

/// <summary>What is remembered of one torrent's peers, within bounds.</summary>
internal sealed record PeerCacheEntry
{
    /// <summary>Peers kept: as many as a torrent connects to as a rule.</summary>
    public const int MaxPeers = 100;

    /// <summary>Trackers kept: those that answered last; the others stand by for them anyway.</summary>
    public const int MaxAnswers = 8;

    /// <summary>Peers kept of one answer.</summary>
    public const int MaxPeersPerAnswer = 100;

    /// <summary>How long anything is kept: few home addresses last longer than a week.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <summary>A time further ahead than this was written by a clock that was wrong.</summary>
    private static readonly TimeSpan s_maxAhead = TimeSpan.FromDays(1);

    /// <summary>Nothing.</summary>
    public static PeerCacheEntry Empty { get; } = new();

    /// <summary>The peers, the latest first.</summary>
    public IReadOnlyList<CachedPeer> Peers { get; init; } = [];

    /// <summary>The trackers' answers, the latest first.</summary>
    public IReadOnlyList<CachedAnswer> Answers { get; init; } = [];

    /// <summary>Whether there is nothing in it.</summary>
    public bool IsEmpty => Peers.Count == 0 && Answers.Count == 0;

    /// <summary>The memory with these added; of two entries for the same the later holds.</summary>
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

    /// <summary>The latest of these peers, one entry each, without those too old, and without addresses that mean nothing but for a wire.</summary>
    public static IReadOnlyList<CachedPeer> Latest(IEnumerable<CachedPeer> peers, DateTimeOffset now) =>
    [
        .. peers
            .Where(peer => IsFresh(peer.LastGood, now) && !peer.EndPoint.Address.IsIPv6LinkLocal)
            .OrderByDescending(peer => peer.LastGood)
            .ThenByDescending(peer => peer.Rate)
            .DistinctBy(peer => peer.EndPoint)
            .Take(MaxPeers),
    ];

    private static bool IsFresh(DateTimeOffset then, DateTimeOffset now) => now - then < Lifetime && then - now < s_maxAhead;
}
