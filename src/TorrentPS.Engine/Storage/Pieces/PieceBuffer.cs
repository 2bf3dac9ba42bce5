using System.Buffers;
using TorrentPS.Engine.Runtime;
using TorrentPS.Engine.Storage.Hashing;
using TorrentPS.Protocol.Primitives;

namespace TorrentPS.Engine.Storage.Pieces;

/// <summary>
/// The received blocks of one piece, in memory or in the spill file, and the hash over them. After the piece was
/// written or dropped, the buffer is reused for another piece.
/// </summary>
/// <remarks>
/// Not thread-safe. <see cref="PieceStore"/> changes the state under its lock. The hash, <see cref="HashedCount"/> and
/// <see cref="GatherList"/> are changed without the lock, only by the storage thread that has claimed the piece.
/// </remarks>
internal sealed class PieceBuffer
{
    /// <summary>
    /// Number of received blocks, consecutive and not yet hashed, at which a piece is queued for hashing. Waking a
    /// thread takes about as long as hashing one block, so single blocks are not queued. 8 blocks (128 KiB) still fit
    /// in a core's cache.
    /// </summary>
    private const int HashBatch = 8;

    private readonly TorrentGeometry _geometry;
    private readonly PieceVerifier _verifier;
    private readonly SpillFile _spillFile;
    private PieceHash? _hash;

    public PieceBuffer(TorrentGeometry geometry, PieceVerifier verifier, SpillFile spillFile)
    {
        _geometry = geometry;
        _verifier = verifier;
        _spillFile = spillFile;
        Blocks = new Block?[geometry.BlocksPerPiece];
        IsSpilled = new bool[geometry.BlocksPerPiece];
        SpillNode = new LinkedListNode<PieceBuffer>(this);
    }

    public PieceIndex Piece { get; private set; }

    public int Length { get; private set; }

    public int BlockCount { get; private set; }

    /// <summary>
    /// The blocks in memory, by block number. An entry is null if the block is not received or is in the spill file.
    /// </summary>
    public Block?[] Blocks { get; }

    /// <summary>For each block, by block number: whether it is in the spill file.</summary>
    public bool[] IsSpilled { get; }

    /// <summary>Index of the piece's slot in the spill file; -1 if it has none.</summary>
    public int SpillSlot { get; set; }

    /// <summary>
    /// Node of this buffer in the list of <see cref="SpillQueue"/>. It is allocated once, together with the buffer.
    /// </summary>
    public LinkedListNode<PieceBuffer> SpillNode { get; }

    /// <summary>Number of blocks received, whether in memory or in the spill file.</summary>
    public int ReceivedCount { get; private set; }

    public int InMemoryCount { get; set; }

    /// <summary>Number of consecutive received blocks at the beginning of the piece.</summary>
    public int PrefixCount { get; private set; }

    /// <summary>Number of blocks hashed so far. They are the first blocks of the piece.</summary>
    public int HashedCount { get; private set; }

    /// <summary>
    /// Whether the piece is claimed: a storage thread works on it, it is queued for one, or it waits for
    /// <see cref="PieceStore.Resume"/> after an I/O error.
    /// </summary>
    public bool IsClaimed { get; set; }

    /// <summary>
    /// Whether the swarm discarded the piece while it was claimed. The storage thread that works on the piece then
    /// releases this buffer.
    /// </summary>
    public bool IsDiscarded { get; set; }

    /// <summary>Whether the piece has passed its hash check. It then only needs to be written.</summary>
    public bool IsVerified { get; set; }

    /// <summary>
    /// A digest of each block, for smart ban. Null before the hash check, and also afterwards if the piece has never
    /// failed a hash check.
    /// </summary>
    public ulong[]? Digests { get; set; }

    public bool IsComplete => ReceivedCount == BlockCount;

    /// <summary>
    /// Whether the piece should be queued for a storage thread: it is complete, or <see cref="HashBatch"/> blocks can
    /// be hashed.
    /// </summary>
    public bool IsReady => IsComplete || PrefixCount - HashedCount >= HashBatch;

    /// <summary>
    /// The buffers of the gather write in progress; empty between writes. The list is reused, so that a write does not
    /// allocate a list.
    /// </summary>
    public List<ReadOnlyMemory<byte>> GatherList { get; } = [];

    /// <summary>Assigns the buffer to a piece of which no block has been received.</summary>
    public void Begin(PieceIndex piece)
    {
        Piece = piece;
        Length = _geometry.LengthOf(piece);
        BlockCount = _geometry.BlockCountOf(piece);
        SpillSlot = -1;
        ReceivedCount = InMemoryCount = PrefixCount = HashedCount = 0;
        IsClaimed = IsDiscarded = IsVerified = false;
        Digests = null;
    }

    /// <summary>Length of a block in bytes; only the last block of a piece may be shorter than 16 KiB.</summary>
    public int LengthOf(int index) =>
        Math.Min(TorrentGeometry.BlockLength, Length - (index * TorrentGeometry.BlockLength));

    /// <summary>Adds a received block.</summary>
    /// <returns>False if the block was received before. The caller then still owns <paramref name="block"/>.</returns>
    public bool TryAdd(int index, Block block)
    {
        if (Has(index))
            return false;
        Blocks[index] = block;
        ReceivedCount++;
        InMemoryCount++;
        while (PrefixCount < BlockCount && Has(PrefixCount))
            PrefixCount++;
        return true;
    }

    /// <summary>
    /// Returns the blocks in memory to the pool and removes all blocks from the buffer, including spilled ones.
    /// </summary>
    public void Clear(BlockPool pool)
    {
        for (int i = 0; i < BlockCount; i++)
        {
            if (Blocks[i] is { } block)
                pool.Return(block);
        }

        Array.Clear(Blocks, 0, BlockCount);
        Array.Clear(IsSpilled, 0, BlockCount);
    }

    /// <summary>Hashes further blocks, until the first <paramref name="count"/> blocks are hashed.</summary>
    /// <exception cref="StorageException">A spilled block cannot be read. The blocks before it have been
    /// hashed.</exception>
    public void HashUpTo(int count)
    {
        if (HashedCount >= count)
            return;
        _hash ??= _verifier.Rent();
        for (; HashedCount < count; HashedCount++)
        {
            if (Blocks[HashedCount] is { } block)
                _hash.Append(block.Span[..LengthOf(HashedCount)]);
            else
                WithSpilledBlock(HashedCount, _hash, static (hash, bytes) => hash.Append(bytes));
        }
    }

    /// <summary>
    /// Returns whether the hash equals the torrent's hash of the piece. Called once all blocks are hashed.
    /// </summary>
    public bool MatchesHash() => _hash!.Matches(Piece);

    /// <summary>
    /// Drops the hash and returns the hash object to the verifier. If the piece is hashed again, hashing begins with
    /// its first block.
    /// </summary>
    public void ResetHash()
    {
        HashedCount = 0;
        if (_hash is not { } hash)
            return;
        hash.Reset();
        _verifier.Return(hash);
        _hash = null;
    }

    /// <summary>Computes a digest of each block of the complete piece (<see cref="BlockDigest"/>).</summary>
    /// <exception cref="StorageException">A spilled block cannot be read.</exception>
    public ulong[] ComputeDigests()
    {
        var digests = new ulong[BlockCount];
        for (int i = 0; i < digests.Length; i++)
        {
            if (Blocks[i] is { } block)
                digests[i] = BlockDigest.Of(block.Span[..LengthOf(i)]);
            else
                WithSpilledBlock(i, (digests, i), static (to, bytes) => to.digests[to.i] = BlockDigest.Of(bytes));
        }

        return digests;
    }

    /// <summary>Reads bytes of spilled blocks from the spill file until the buffer is full.</summary>
    /// <param name="begin">Offset in the piece, in bytes.</param>
    /// <param name="buffer">Receives the bytes.</param>
    /// <exception cref="StorageException">The spill file cannot be read.</exception>
    public void ReadSpilled(int begin, Span<byte> buffer) => _spillFile.Read(SpillSlot, begin, buffer);

    private bool Has(int index) => Blocks[index] is not null || IsSpilled[index];

    private void WithSpilledBlock<TState>(int index, TState state, Action<TState, ReadOnlySpan<byte>> use)
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(TorrentGeometry.BlockLength);
        try
        {
            Span<byte> bytes = scratch.AsSpan(0, LengthOf(index));
            ReadSpilled(index * TorrentGeometry.BlockLength, bytes);
            use(state, bytes);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }
}
