namespace TorrentPS.Engine.Policy.Trust;

/// <summary>
/// Who has cost connections that came to nothing. Each adds to what is held against an address; time takes it away again. Beyond a
/// limit no connection is accepted from there, so that a peer can't use up places and work by coming again and again.
/// </summary>
internal sealed class PeerPenalties
{
    /// <summary>How many addresses are remembered; the oldest is forgotten first.</summary>
    public const int Capacity = 4096;

    /// <summary>What a connection counts that ended at once and gave and took nothing: any peer may have a reason to, now and then.</summary>
    public const double UselessConnection = 2;

    /// <summary>What a connection counts that took the metadata once and left: many may come for it from one address, though not for ever.</summary>
    public const double MetadataOnlyConnection = 0.5;

    /// <summary>What a connection counts that was ended for what the peer did: it has to wait for some minutes.</summary>
    public const double Misbehaviour = 15;

    /// <summary>From here on the address has to wait.</summary>
    public const double Limit = 10;

    /// <summary>No more is held against an address: it is heard again within the hour.</summary>
    public const double Cap = 70;

    private const double ForgivenPerMinute = 1;

    private readonly Dictionary<PeerOrigin, Grudge> _grudges = [];
    private readonly Queue<PeerOrigin> _oldest = new();

    /// <summary>Something is held against an address.</summary>
    /// <param name="peer">The address.</param>
    /// <param name="weight"><see cref="MetadataOnlyConnection"/>, <see cref="UselessConnection"/> or <see cref="Misbehaviour"/>.</param>
    /// <param name="now">The time since the torrent was added.</param>
    public void Add(PeerOrigin peer, double weight, TimeSpan now)
    {
        double score = Math.Min(ScoreOf(peer, now) + weight, Cap);
        if (!_grudges.ContainsKey(peer))
        {
            if (_oldest.Count >= Capacity)
                _grudges.Remove(_oldest.Dequeue());
            _oldest.Enqueue(peer);
        }

        _grudges[peer] = new Grudge(score, now);
    }

    /// <summary>Whether an address has to wait.</summary>
    public bool MustWait(PeerOrigin peer, TimeSpan now) => ScoreOf(peer, now) >= Limit;

    private double ScoreOf(PeerOrigin peer, TimeSpan now) =>
        _grudges.TryGetValue(peer, out Grudge grudge) ? Math.Max(0, grudge.Score - ((now - grudge.At).TotalMinutes * ForgivenPerMinute)) : 0;

    private readonly record struct Grudge(double Score, TimeSpan At);
}
