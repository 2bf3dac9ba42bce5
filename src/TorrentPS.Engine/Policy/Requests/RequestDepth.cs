using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Requests;

/// <summary>How many requests to keep at one peer.</summary>
/// <remarks>
/// Slow start: one request more for each block that comes, which doubles the depth each round trip, until the rate stops growing.
/// Then what the peer sends in <see cref="QueueTime"/> and one round trip, so that it never waits for us.
/// </remarks>
internal sealed class RequestDepth
{
    /// <summary>What a peer takes that names no <c>reqq</c> in its extension handshake (BEP 10).</summary>
    public const int DefaultPeerLimit = 250;

    /// <summary>
    /// The most requests at one peer whatever it would take: 32 MB, which fill 1 Gbit/s over a round trip of a quarter second. That is
    /// half of what the block pool holds, so that one fast peer leaves room for the others.
    /// </summary>
    public const int DefaultCeiling = 2000;

    /// <summary>The least: one block under way and one to follow.</summary>
    public const int Floor = 2;

    /// <summary>What is asked of a peer at first: little, for nothing is known of its line.</summary>
    private const int DefaultStart = 4;

    /// <summary>
    /// What is asked of a web seed at first: 4 MB. It takes many requests for one, which costs it nothing to break off, and each round trip between
    /// two of them is lost.
    /// </summary>
    private const int WebSeedStart = 256;

    /// <summary>A rate that grew by less than a tenth since the last tick has stopped growing.</summary>
    private const double GrowthThatCounts = 1.1;

    /// <summary>How far ahead blocks are asked for, beside the round trip: rides out a pause of either side.</summary>
    public static readonly TimeSpan QueueTime = TimeSpan.FromSeconds(3);

    private readonly int _ceiling;
    private readonly int _start;
    private int _limit;
    private int _depth;
    private long _lastRate;

    /// <summary>A peer that was not asked for anything.</summary>
    /// <param name="peerLimit">How many requests the peer takes (<c>reqq</c>).</param>
    /// <param name="ceiling">How many we ask at most.</param>
    /// <param name="start">How many we ask at first.</param>
    public RequestDepth(int peerLimit = DefaultPeerLimit, int ceiling = DefaultCeiling, int start = DefaultStart)
    {
        _ceiling = ceiling;
        _depth = _start = start;
        SetPeerLimit(peerLimit);
    }

    /// <summary>A web seed that was not asked for anything; it has no limit of its own.</summary>
    public static RequestDepth ForWebSeed() => new(DefaultCeiling, DefaultCeiling, WebSeedStart);

    /// <summary>Whether the depth still grows with each block.</summary>
    public bool IsSlowStart { get; private set; } = true;

    /// <summary>Whether the peer keeps us waiting: it gets one request at a time.</summary>
    public bool IsSnubbed { get; set; }

    /// <summary>How many requests to keep at the peer.</summary>
    public int Depth => IsSnubbed ? 1 : Math.Min(_depth, _limit);

    /// <summary>The peer said how many requests it takes; what is not positive is taken as one.</summary>
    public void SetPeerLimit(int peerLimit) => _limit = Math.Clamp(peerLimit, 1, _ceiling);

    /// <summary>A block came from the peer.</summary>
    public void OnBlock()
    {
        if (IsSlowStart && _depth < _limit)
            _depth++;
    }

    /// <summary>To be called about once a second while requests are at the peer.</summary>
    /// <param name="rate">What the peer gives, in bytes/s.</param>
    /// <param name="roundTrip">The round trip to the peer, or zero when unknown.</param>
    public void OnTick(long rate, TimeSpan roundTrip)
    {
        if (IsSlowStart && _lastRate > 0 && rate < _lastRate * GrowthThatCounts)
            IsSlowStart = false;
        _lastRate = rate;
        if (IsSlowStart)
            return;
        double ahead = rate * (QueueTime + roundTrip).TotalSeconds / TorrentGeometry.BlockLength;
        _depth = (int)Math.Clamp(Math.Ceiling(ahead), Floor, _ceiling);
    }

    /// <summary>The peer unchoked us, or came back from being snubbed: begin anew.</summary>
    public void Restart()
    {
        IsSnubbed = false;
        IsSlowStart = true;
        _depth = Math.Max(_start, Math.Min(_depth, _limit));
        _lastRate = 0;
    }
}
