using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Requests;

/// <summary>
/// Limits the blocks that one origin can download while this client chokes it (BEP 6, "Allowed Fast").
/// </summary>
/// <remarks>
/// The blocks give a new peer a first piece that it can upload to others. Each block is served once, so requesting
/// again or reconnecting gains nothing. BEP 6 leaves the limit to the client.
/// </remarks>
/// <param name="pieces">The allowed fast set of the origin.</param>
/// <param name="blocksPerPiece">Number of blocks of a piece.</param>
internal sealed class AllowedFastGrant(IReadOnlyList<PieceIndex> pieces, int blocksPerPiece)
{
    /// <summary>
    /// A peer that has at least this number of pieces gets no allowed fast blocks, because it can upload to others.
    /// BEP 6 suggests ten.
    /// </summary>
    public const int PeerPieceLimit = 10;

    /// <summary>Minimum number of blocks granted: 256 KiB, a common piece length.</summary>
    public const int MinBlocks = 16;

    /// <summary>
    /// Maximum number of blocks granted: 1 MiB. The peer can get the rest of a longer piece from other peers that also
    /// offer the piece as allowed fast.
    /// </summary>
    public const int MaxBlocks = 64;

    private readonly HashSet<BlockAddress> _served = [];
    private readonly int _blocks = Math.Clamp(blocksPerPiece, MinBlocks, MaxBlocks);

    public IReadOnlyList<PieceIndex> Pieces { get; } = pieces;

    /// <summary>Whether fewer blocks were served than granted.</summary>
    public bool HasBlocksLeft => _served.Count < _blocks;

    /// <summary>
    /// Maximum number of pieces to offer: as many as the remaining blocks can fill, but at least one.
    /// </summary>
    private int PiecesLeft => Math.Max(1, (_blocks - _served.Count) / blocksPerPiece);

    /// <summary>Whether to send an allowed fast message for a piece.</summary>
    /// <param name="piece">A piece that this client has and the peer lacks.</param>
    /// <param name="offered">Number of pieces already offered to the peer.</param>
    public bool CanOffer(PieceIndex piece, int offered) =>
        HasBlocksLeft && offered < PiecesLeft && Pieces.Contains(piece);

    /// <summary>Counts a block as served.</summary>
    /// <returns>
    /// False if the block was served before or the grant is used up. The block must not be served then.
    /// </returns>
    public bool TryServe(BlockAddress block) => HasBlocksLeft && _served.Add(block);
}

/// <summary>Keeps the grants of all origins, so that a peer that reconnects gets only the rest of its grant.</summary>
internal sealed class AllowedFastGrants
{
    /// <summary>
    /// Maximum number of origins kept. Beyond it the origin added first is dropped, which bounds memory.
    /// </summary>
    public const int Capacity = 4096;

    private readonly Dictionary<PeerOrigin, AllowedFastGrant> _grants = [];
    private readonly Queue<PeerOrigin> _oldest = new();

    /// <summary>Returns the grant of an origin. Calls <paramref name="make"/> to create it if there is none.</summary>
    public AllowedFastGrant Of(PeerOrigin peer, Func<AllowedFastGrant> make)
    {
        if (_grants.TryGetValue(peer, out AllowedFastGrant? grant))
            return grant;
        if (_oldest.Count >= Capacity)
            _grants.Remove(_oldest.Dequeue());
        _oldest.Enqueue(peer);
        return _grants[peer] = make();
    }
}
