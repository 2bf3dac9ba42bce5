namespace TorrentPS.Engine.Policy.Trust;

/// <summary>
/// Keeps a penalty score for each origin whose connections were useless or harmful, and decides whether its connections
/// are refused.
/// </summary>
/// <remarks>
/// A score falls by one each minute. A peer that is refused can't use up connections and processor time by
/// reconnecting.
/// </remarks>
internal sealed class PeerPenalties
{
    /// <summary>
    /// Maximum number of origins kept. Beyond it the origin added first is dropped, which bounds memory.
    /// </summary>
    public const int Capacity = 4096;

    /// <summary>
    /// Penalty for a short incoming connection without useful data. Five of them at once reach
    /// <see cref="RefusalThreshold"/>.
    /// </summary>
    public const double UselessConnection = 2;

    /// <summary>
    /// Penalty for a short incoming connection that downloaded only the metadata. Many peers may share one address,
    /// so only 20 of them at once reach <see cref="RefusalThreshold"/>.
    /// </summary>
    public const double MetadataOnlyConnection = 0.5;

    /// <summary>
    /// Penalty for a connection that ended because of the peer's misbehaviour, for example a framing error. Alone it
    /// causes a refusal for five minutes.
    /// </summary>
    public const double Misbehaviour = 15;

    /// <summary>Score at and above which connections of an origin are refused.</summary>
    public const double RefusalThreshold = 10;

    /// <summary>
    /// Maximum score. Without new penalties, this score falls to <see cref="RefusalThreshold"/> in one hour.
    /// </summary>
    public const double MaxScore = 70;

    /// <summary>Amount by which a score falls each minute.</summary>
    private const double DecayPerMinute = 1;

    private readonly Dictionary<PeerOrigin, Penalty> _penalties = [];
    private readonly Queue<PeerOrigin> _oldest = new();

    /// <summary>Adds a penalty to the score of an origin, up to <see cref="MaxScore"/>.</summary>
    /// <param name="peer">The origin.</param>
    /// <param name="weight">
    /// <see cref="MetadataOnlyConnection"/>, <see cref="UselessConnection"/> or <see cref="Misbehaviour"/>.
    /// </param>
    /// <param name="now">The time since the torrent was added.</param>
    public void Add(PeerOrigin peer, double weight, TimeSpan now)
    {
        double score = Math.Min(ScoreOf(peer, now) + weight, MaxScore);
        if (!_penalties.ContainsKey(peer))
        {
            if (_oldest.Count >= Capacity)
                _penalties.Remove(_oldest.Dequeue());
            _oldest.Enqueue(peer);
        }

        _penalties[peer] = new Penalty(score, now);
    }

    /// <summary>Whether connections of an origin are refused now.</summary>
    public bool IsRefused(PeerOrigin peer, TimeSpan now) => ScoreOf(peer, now) >= RefusalThreshold;

    private double ScoreOf(PeerOrigin peer, TimeSpan now) =>
        _penalties.TryGetValue(peer, out Penalty penalty)
            ? Math.Max(0, penalty.Score - ((now - penalty.At).TotalMinutes * DecayPerMinute))
            : 0;

    private readonly record struct Penalty(double Score, TimeSpan At);
}
