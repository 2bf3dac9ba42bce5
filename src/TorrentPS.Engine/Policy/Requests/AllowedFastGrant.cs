using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Policy.Requests;

/// <summary>
/// What an address may have of us although we choke it (BEP 6): enough to own a first piece and have something to trade, and no more,
/// however often it asks or comes again.
/// </summary>
/// <param name="pieces">The allowed-fast set of the address.</param>
/// <param name="blocksPerPiece">How many blocks a piece has.</param>
internal sealed class AllowedFastGrant(IReadOnlyList<PieceIndex> pieces, int blocksPerPiece)
{
    /// <summary>A peer with so many pieces has something to trade and gets nothing for nothing (BEP 6 suggests ten).</summary>
    public const int StartingPieces = 10;

    /// <summary>The least that is given away, in blocks: 256 KiB, an ordinary piece.</summary>
    public const int MinBlocks = 16;

    /// <summary>The most that is given away, in blocks (1 MiB): the rest of a larger piece comes from others with the same set.</summary>
    public const int MaxBlocks = 64;

    private readonly HashSet<BlockAddress> _served = [];
    private readonly int _blocks = Math.Clamp(blocksPerPiece, MinBlocks, MaxBlocks);

    /// <summary>The allowed-fast set.</summary>
    public IReadOnlyList<PieceIndex> Pieces { get; } = pieces;

    /// <summary>Whether anything may still be had.</summary>
    public bool IsOpen => _served.Count < _blocks;

    /// <summary>How many pieces are worth offering: what the blocks left can fill, one at least.</summary>
    private int Room => Math.Max(1, (_blocks - _served.Count) / blocksPerPiece);

    /// <summary>Whether one more piece is to be offered to a peer.</summary>
    /// <param name="piece">A piece that we have and it lacks.</param>
    /// <param name="offered">How many were offered to it.</param>
    public bool MayOffer(PieceIndex piece, int offered) => IsOpen && offered < Room && Pieces.Contains(piece);

    /// <summary>Gives a block away, each at most once.</summary>
    /// <returns>False when it was given before, or nothing is left.</returns>
    public bool TryServe(BlockAddress block) => IsOpen && _served.Add(block);
}

/// <summary>What was granted to whom: who comes again gets what is left, not everything anew.</summary>
internal sealed class AllowedFastGrants
{
    /// <summary>How many addresses are remembered; the oldest is forgotten first.</summary>
    public const int Capacity = 4096;

    private readonly Dictionary<PeerOrigin, AllowedFastGrant> _grants = [];
    private readonly Queue<PeerOrigin> _oldest = new();

    /// <summary>The grant of an address; made when it has none.</summary>
    /// <param name="peer">The address.</param>
    /// <param name="make">Makes its grant.</param>
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
