using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Requests;

/// <summary>Computes the number of requests to keep open at one peer.</summary>
/// <remarks>
/// The number begins with slow start, as in libtorrent: each received block raises it by one, which doubles it in each
/// round trip. Slow start ends when the rate stops growing. From then on, the number equals the number of blocks that
/// the peer sends during <see cref="QueueTime"/> plus one round trip. So the peer always has another request to answer.
/// </remarks>
internal sealed class RequestDepth
{
    /// <summary>
    /// Maximum number of requests kept open at a peer that sends no <c>reqq</c> in its extension handshake (BEP 10). It
    /// equals libtorrent's default.
    /// </summary>
    public const int DefaultPeerLimit = 250;

    /// <summary>
    /// Maximum number of requests kept open at one peer. They cover 32 MB, enough for 1 Gbit/s at a round trip of 250
    /// ms.
    /// </summary>
    public const int DefaultMaxDepth = 2000;

    /// <summary>
    /// Minimum number of requests after slow start: one for the block that the peer is sending, and one for the next
    /// block.
    /// </summary>
    public const int MinDepth = 2;

    /// <summary>Initial number of requests kept open at a peer, while the rate from the peer isn't known.</summary>
    private const int InitialDepth = 4;

    /// <summary>
    /// Initial number of block requests kept open at a web seed. One HTTP request fetches the blocks of all of them (4
    /// MiB). A smaller number would cause more HTTP requests, and each HTTP request costs a round trip.
    /// </summary>
    private const int WebSeedInitialDepth = 256;

    /// <summary>Factor by which the download rate must grow within a second for slow start to continue.</summary>
    private const double MinGrowth = 1.1;

    /// <summary>
    /// Transfer time that the open requests cover in addition to the round trip. These requests keep the link in use
    /// when this client or the peer pauses for a short time.
    /// </summary>
    public static readonly TimeSpan QueueTime = TimeSpan.FromSeconds(3);

    private readonly int _maxDepth;
    private readonly int _initialDepth;
    private int _limit;
    private int _depth;
    private long _lastRate;

    /// <summary>Creates the request depth of a peer. It begins with slow start.</summary>
    /// <param name="peerLimit">Maximum number of open requests that the peer accepts (<c>reqq</c>).</param>
    /// <param name="maxDepth">Maximum number of open requests that this client allows.</param>
    /// <param name="initialDepth">Number of requests kept open at first.</param>
    public RequestDepth(
        int peerLimit = DefaultPeerLimit, int maxDepth = DefaultMaxDepth, int initialDepth = InitialDepth)
    {
        _maxDepth = maxDepth;
        _depth = _initialDepth = initialDepth;
        SetPeerLimit(peerLimit);
    }

    /// <summary>Creates the request depth of a web seed, which has no <c>reqq</c>.</summary>
    public static RequestDepth ForWebSeed() => new(DefaultMaxDepth, DefaultMaxDepth, WebSeedInitialDepth);

    /// <summary>Whether each received block still raises the number of requests.</summary>
    public bool IsSlowStart { get; private set; } = true;

    /// <summary>
    /// Whether the peer is snubbed: a request timed out and no block has arrived since. <see cref="Depth"/> is one for
    /// a snubbed peer.
    /// </summary>
    public bool IsSnubbed { get; set; }

    public int Depth => IsSnubbed ? 1 : Math.Min(_depth, _limit);

    /// <summary>Sets the maximum that the peer sent as <c>reqq</c>. Values below one are raised to one.</summary>
    public void SetPeerLimit(int peerLimit) => _limit = Math.Clamp(peerLimit, 1, _maxDepth);

    public void OnBlock()
    {
        if (IsSlowStart && _depth < _limit)
            _depth++;
    }

    /// <summary>
    /// Updates the number of requests from the download rate. Must be called about once a second while requests are
    /// open.
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

    /// <summary>Restarts slow start for a peer that unchoked this client or is no longer snubbed.</summary>
    public void Restart()
    {
        IsSnubbed = false;
        IsSlowStart = true;
        _depth = Math.Max(_initialDepth, Math.Min(_depth, _limit));
        _lastRate = 0;
    }
}
