using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Requests;

/// <summary>Computes how many requests to keep open at one peer.</summary>
/// <remarks>
/// The number begins with slow start, as in libtorrent: each received block raises it by one, which doubles it each
/// round trip. Slow start ends when the rate stops growing. From then on, the number of requests equals the number of
/// blocks that the peer sends during <see cref="QueueTime"/> plus one round trip. So the peer always has a request to
/// serve.
/// </remarks>
internal sealed class RequestDepth
{
    /// <summary>
    /// Maximum number of requests kept open at a peer that sends no <c>reqq</c> in its extension handshake (BEP 10).
    /// Equals libtorrent's default.
    /// </summary>
    public const int DefaultPeerLimit = 250;

    /// <summary>
    /// Maximum number of requests at one peer. They cover 32 MB, enough for 1 Gbit/s at a round trip of 250 ms.
    /// </summary>
    public const int DefaultMaxDepth = 2000;

    /// <summary>
    /// Minimum number of requests after slow start: one for the block being sent and one for the next.
    /// </summary>
    public const int MinDepth = 2;

    /// <summary>Number of requests kept open at a peer at first, while the speed of the peer isn't known.</summary>
    private const int InitialDepth = 4;

    /// <summary>
    /// Number of requests kept open at a web seed at first. They cover 4 MiB and become one HTTP request, and each
    /// further HTTP request costs a round trip.
    /// </summary>
    private const int WebSeedInitialDepth = 256;

    /// <summary>
    /// Slow start ends when the download rate is less than this factor times the rate one second before.
    /// </summary>
    private const double MinGrowth = 1.1;

    /// <summary>
    /// Transfer time that the open requests cover in addition to the round trip. The additional requests keep the link
    /// in use during short pauses of either peer.
    /// </summary>
    public static readonly TimeSpan QueueTime = TimeSpan.FromSeconds(3);

    private readonly int _maxDepth;
    private readonly int _initialDepth;
    private int _limit;
    private int _depth;
    private long _lastRate;

    /// <summary>Creates the depth for a peer before the first request.</summary>
    /// <param name="peerLimit">Maximum number of open requests that the peer accepts (<c>reqq</c>).</param>
    /// <param name="maxDepth">Maximum number of open requests of this client.</param>
    /// <param name="initialDepth">Number of requests kept open at first.</param>
    public RequestDepth(
        int peerLimit = DefaultPeerLimit, int maxDepth = DefaultMaxDepth, int initialDepth = InitialDepth)
    {
        _maxDepth = maxDepth;
        _depth = _initialDepth = initialDepth;
        SetPeerLimit(peerLimit);
    }

    /// <summary>Creates the depth for a web seed. A web seed has no <c>reqq</c>.</summary>
    public static RequestDepth ForWebSeed() => new(DefaultMaxDepth, DefaultMaxDepth, WebSeedInitialDepth);

    /// <summary>Whether each received block still raises the number of requests.</summary>
    public bool IsSlowStart { get; private set; } = true;

    /// <summary>
    /// Whether the peer is snubbed: a request timed out and no block has arrived since. The depth is then one.
    /// </summary>
    public bool IsSnubbed { get; set; }

    /// <summary>Number of requests to keep open at the peer.</summary>
    public int Depth => IsSnubbed ? 1 : Math.Min(_depth, _limit);

    /// <summary>Sets the maximum that the peer reported as <c>reqq</c>. Values below one count as one.</summary>
    public void SetPeerLimit(int peerLimit) => _limit = Math.Clamp(peerLimit, 1, _maxDepth);

    /// <summary>Counts a block received from the peer.</summary>
    public void OnBlock()
    {
        if (IsSlowStart && _depth < _limit)
            _depth++;
    }

    /// <summary>
    /// Updates the number of requests from the peer's rate. Must be called about once a second while requests are open.
    /// </summary>
    /// <param name="rate">The download rate from the peer, in bytes/s.</param>
    /// <param name="roundTrip">The round trip time to the peer; zero if unknown.</param>
    public void OnTick(long rate, TimeSpan roundTrip)
    {
        if (IsSlowStart && _lastRate > 0 && rate < _lastRate * MinGrowth)
            IsSlowStart = false;
        _lastRate = rate;
        if (IsSlowStart)
            return;
        double ahead = rate * (QueueTime + roundTrip).TotalSeconds / TorrentGeometry.BlockLength;
        _depth = (int)Math.Clamp(Math.Ceiling(ahead), MinDepth, _maxDepth);
    }

    /// <summary>
    /// Begins slow start again. Called when the peer unchokes this client or is no longer snubbed.
    /// </summary>
    public void Restart()
    {
        IsSnubbed = false;
        IsSlowStart = true;
        _depth = Math.Max(_initialDepth, Math.Min(_depth, _limit));
        _lastRate = 0;
    }
}
