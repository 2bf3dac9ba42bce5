namespace TorrentPS.Engine.Policy.Trust;

/// <summary>
/// Keeps a penalty score for each origin whose connections were useless or harmful. Refuses connections of an origin
/// with a high score.
/// </summary>
/// <remarks>
/// Refusing connections keeps such a peer from using up connections and processor time by reconnecting. A score falls
/// by one each minute.
/// </remarks>
internal sealed class PeerPenalties
{
    /// <summary>
    /// Maximum number of origins with a score. A further origin replaces the one that was added first. The limit bounds
    /// memory.
    /// </summary>
    public const int Capacity = 4096;

    /// <summary>
    /// Penalty for a short incoming connection without useful data. Five of these penalties at once reach
    /// <see cref="RefusalThreshold"/>.
    /// </summary>
    public const double UselessConnection = 2;

    /// <summary>
    /// Penalty for a short incoming connection over which only metadata was downloaded from this client. The penalty is
    /// small, because many peers may share one address. Twenty of these penalties at once reach
    /// <see cref="RefusalThreshold"/>.
    /// </summary>
    public const double MetadataOnlyConnection = 0.5;

    /// <summary>
    /// Penalty for a connection that was closed because of the peer's misbehaviour, for example a framing error. One
    /// such penalty leads to a refusal for five minutes.
    /// </summary>
    public const double Misbehaviour = 15;

    /// <summary>Minimum score at which connections of an origin are refused.</summary>
    public const double RefusalThreshold = 10;

    /// <summary>
    /// Maximum score. Without new penalties, a score falls from this maximum to <see cref="RefusalThreshold"/> in one
    /// hour.
    /// </summary>
    public const double MaxScore = 70;

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

    public bool IsRefused(PeerOrigin peer, TimeSpan now) => ScoreOf(peer, now) >= RefusalThreshold;

    private double ScoreOf(PeerOrigin peer, TimeSpan now) =>
        _penalties.TryGetValue(peer, out Penalty penalty)
            ? Math.Max(0, penalty.Score - ((now - penalty.At).TotalMinutes * DecayPerMinute))
            : 0;

    private readonly record struct Penalty(double Score, TimeSpan At);
}
