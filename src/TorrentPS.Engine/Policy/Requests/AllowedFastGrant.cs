using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Requests;

/// <summary>
/// Limits the blocks that one origin can download while this client chokes it (BEP 6, "Allowed Fast").
/// </summary>
/// <remarks>
/// The blocks give a new peer a first piece that it can upload to others. Each block is sent only once, so the origin
/// gains nothing by requesting a block again or by reconnecting. BEP 6 leaves the limit to the client.
/// </remarks>
/// <param name="pieces">The allowed fast set of the origin.</param>
/// <param name="blocksPerPiece">Number of blocks of a piece.</param>
internal sealed class AllowedFastGrant(IReadOnlyList<PieceIndex> pieces, int blocksPerPiece)
{
    /// <summary>
    /// A peer gets allowed fast blocks only while it has fewer pieces than this number. With more pieces, it can upload
    /// to other peers, which then unchoke it. BEP 6 suggests ten.
    /// </summary>
    public const int PeerPieceLimit = 10;

    /// <summary>Minimum number of blocks granted to an origin. 16 blocks are 256 KiB, a common piece length.</summary>
    public const int MinBlocks = 16;

    /// <summary>
    /// Maximum number of blocks granted to an origin. 64 blocks are 1 MiB. The peer can get the rest of a longer piece
    /// from other peers that also allow this piece.
    /// </summary>
    public const int MaxBlocks = 64;

    private readonly HashSet<BlockAddress> _sent = [];
    private readonly int _blocks = Math.Clamp(blocksPerPiece, MinBlocks, MaxBlocks);

    public IReadOnlyList<PieceIndex> Pieces { get; } = pieces;

    /// <summary>Whether fewer blocks were sent than granted.</summary>
    public bool HasBlocksLeft => _sent.Count < _blocks;

    /// <summary>
    /// Maximum number of pieces to offer. It is the number of pieces that the remaining blocks can fill, and at least
    /// one.
    /// </summary>
    private int PiecesLeft => Math.Max(1, (_blocks - _sent.Count) / blocksPerPiece);

    /// <summary>Returns whether to send an allowed fast message for a piece.</summary>
    /// <param name="piece">A piece that this client has and the peer doesn't.</param>
    /// <param name="offered">Number of pieces that were offered to the peer before.</param>
    public bool CanOffer(PieceIndex piece, int offered) =>
        HasBlocksLeft && offered < PiecesLeft && Pieces.Contains(piece);

    /// <summary>Counts a block as sent.</summary>
    /// <returns>
    /// False if the block was counted before, or if all granted blocks were sent. The block must not be sent then.
    /// </returns>
    public bool TryServe(BlockAddress block) => HasBlocksLeft && _sent.Add(block);
}

/// <summary>Keeps the grant of each origin, so that a peer gets no new grant by reconnecting.</summary>
internal sealed class AllowedFastGrants
{
    /// <summary>
    /// Maximum number of origins with a grant. A further origin replaces the one that was added first. The limit bounds
    /// memory.
    /// </summary>
    public const int Capacity = 4096;

    private readonly Dictionary<PeerOrigin, AllowedFastGrant> _grants = [];
    private readonly Queue<PeerOrigin> _oldest = new();

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
